// What KJ does not tell of certificates.
#pragma once

#include <kj/compat/tls.h>

#include <string>

namespace varve {

// True when `name` is one of the DNS names in the certificate, letter by letter but for case: neither a wildcard in the certificate nor
// a dot in front of `name` stands for others, and the common name does not count.
bool certificate_has_name(const kj::TlsPeerIdentity& peer, const std::string& name);

// True when the private key is that of the first certificate; both are texts in PEM. KJ drops a key that is not, without a word.
bool is_key_of(const std::string& key, const std::string& certificate);

}  // namespace varve
