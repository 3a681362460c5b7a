#ifndef CLOAKROOM_HIREDIS_SHIM_H
#define CLOAKROOM_HIREDIS_SHIM_H

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#endif
