#ifndef CLOAKROOM_JANSSON_SHIM_H
#define CLOAKROOM_JANSSON_SHIM_H

#include <jansson.h>

/* json_decref is an inline function with a static body in jansson.h; these wrappers give Swift
   plain functions and spare it the C macros. */
static inline void cloakroom_json_release(json_t *value) { json_decref(value); }

#endif
