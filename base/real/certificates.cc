#include "base/real/certificates.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace varve {

namespace {

// KJ 0.9.2 declares TlsPeerIdentity::matchesHostname() and does not define it, so OpenSSL is asked instead; the certificate is private.
// An explicit instantiation may name private members, which is how it is reached here.
using Certificate = void* kj::TlsPeerIdentity::*;
Certificate certificate_member();
template <Certificate member>
struct CertificateMember {
  friend Certificate certificate_member() { return member; }
};
template struct CertificateMember<&kj::TlsPeerIdentity::cert>;

struct Free {
  void operator()(BIO* bio) const { ::BIO_free(bio); }
  void operator()(X509* certificate) const { ::X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
};

std::unique_ptr<BIO, Free> reading(const std::string& text) {
  return std::unique_ptr<BIO, Free>(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Instead of asking at the terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

}  // namespace

bool certificate_has_name(const kj::TlsPeerIdentity& peer, const std::string& name) {
  auto* const certificate = static_cast<X509*>(peer.*certificate_member());
  if (certificate == nullptr || name.empty() || name.front() == '.') return false;
  constexpr unsigned kExactly = X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  return ::X509_check_host(certificate, name.data(), name.size(), kExactly, nullptr) == 1;
}

bool is_key_of(const std::string& key, const std::string& certificate) {
  const auto certificate_text = reading(certificate);
  const auto key_text = reading(key);
  const std::unique_ptr<X509, Free> first(::PEM_read_bio_X509(certificate_text.get(), nullptr, no_password, nullptr));
  const std::unique_ptr<EVP_PKEY, Free> secret(::PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_password, nullptr));
  const bool belongs = first != nullptr && secret != nullptr && ::X509_check_private_key(first.get(), secret.get()) == 1;
  ::ERR_clear_error();  // or KJ takes it for its own
  return belongs;
}

}  // namespace varve
