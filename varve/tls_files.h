// PEM files for connections by TLS in which both ends show a certificate.
#pragma once

#include <string>

namespace varve {

// All three, or none for plain TCP.
struct TlsFiles {
  std::string certificate;  // our own, then those between it and the authority
  std::string key;          // not encrypted
  std::string authorities;  // nobody else's signature counts

  bool any() const { return !certificate.empty() || !key.empty() || !authorities.empty(); }
  bool complete() const { return !certificate.empty() && !key.empty() && !authorities.empty(); }
};

}  // namespace varve
