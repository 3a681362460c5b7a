#ifndef CLOAKROOM_CMALLOC_SHIM_H
#define CLOAKROOM_CMALLOC_SHIM_H

// What glibc's allocator has beside the standard's functions; Swift's Glibc module leaves this header out.
#include <malloc.h>

#endif
