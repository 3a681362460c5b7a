#ifndef CLOAKROOM_OPENSSL_SHIM_H
#define CLOAKROOM_OPENSSL_SHIM_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

/* Macros over a variadic function, which Swift can't call. */
static inline EVP_PKEY *cloakroom_rsa_generate(unsigned int bits) { return EVP_RSA_gen(bits); }
static inline EVP_PKEY *cloakroom_ec_generate(const char *curve) { return EVP_EC_gen(curve); }
static inline EVP_PKEY *cloakroom_ed25519_generate(void) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

/* Macros made of other macros. */
static const int cloakroom_public_key = EVP_PKEY_PUBLIC_KEY;
static const int cloakroom_key_pair = EVP_PKEY_KEYPAIR;

#endif
