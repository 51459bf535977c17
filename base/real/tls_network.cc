#include "base/real/tls_network.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <kj/debug.h>
#include <kj/vector.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/real/certificates.h"
#include "base/real/tls_listener.h"
#include "base/result.h"

namespace varve {

namespace {

constexpr std::chrono::seconds kLogPause{1};
constexpr char kBegin[] = "-----BEGIN CERTIFICATE-----";

class CertificateIdentity final : public PeerIdentity {
 public:
  explicit CertificateIdentity(kj::Own<kj::TlsPeerIdentity> identity) : identity_(kj::mv(identity)) {}

  bool has_name(const std::string& name) const override { return certificate_has_name(*identity_, name); }

 private:
  kj::Own<kj::TlsPeerIdentity> identity_;
};

std::string description(const kj::Exception& error) {
  std::string text = error.getDescription().cStr();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

Result<std::string> read_pem(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("reading {}: expected PEM, found {}", path, file.is_open() ? "an empty file or none" : std::strerror(errno)));
  }
  return std::move(text).str();
}

// KJ trusts the first certificate of each text only.
std::vector<std::string> split_certificates(const std::string& pem) {
  std::vector<std::string> parts;
  for (std::size_t begin = pem.find(kBegin); begin != pem.npos;) {
    const std::size_t next = pem.find(kBegin, begin + 1);
    parts.push_back(pem.substr(begin, next - begin));
    begin = next;
  }
  return parts;
}

// What `make` makes of a file; KJ's exception becomes an error that names it.
template <typename Make>
auto parse_file(const std::string& path, const char* expected, const Make& make) -> Result<decltype(make())> {
  try {
    return make();
  } catch (const kj::Exception& error) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("reading {}: expected {}: {}", path, expected, description(error)));
  }
}

Result<std::shared_ptr<kj::TlsContext>> make_context(const TlsFiles& files) {
  ASSIGN_OR_RETURN(const std::string certificate, read_pem(files.certificate));
  ASSIGN_OR_RETURN(const std::string key, read_pem(files.key));
  ASSIGN_OR_RETURN(const std::string authorities, read_pem(files.authorities));
  ASSIGN_OR_RETURN(auto chain,
                   parse_file(files.certificate, "a certificate in PEM", [&] { return kj::TlsCertificate(certificate.c_str()); }));
  ASSIGN_OR_RETURN(auto private_key,
                   parse_file(files.key, "a private key in PEM, not encrypted", [&] { return kj::TlsPrivateKey(key.c_str()); }));
  if (!is_key_of(key, certificate)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("reading {}: expected the key of {}, found another's", files.key, files.certificate));
  }
  kj::Vector<kj::TlsCertificate> trusted;
  for (const std::string& part : split_certificates(authorities)) {
    ASSIGN_OR_RETURN(auto authority,
                     parse_file(files.authorities, "certificates in PEM", [&] { return kj::TlsCertificate(part.c_str()); }));
    trusted.add(kj::mv(authority));
  }
  if (trusted.empty()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("reading {}: expected certificates in PEM, found none", files.authorities));
  }
  const kj::TlsKeypair keypair{kj::mv(private_key), kj::mv(chain)};
  kj::TlsContext::Options options;
  options.useSystemTrustStore = false;
  options.verifyClients = true;
  options.trustedCertificates = trusted.asPtr();
  options.minVersion = kj::TlsVersion::TLS_1_2;
  options.defaultKeypair = keypair;
  return parse_file(files.certificate, "a certificate that can be used", [&] { return std::make_shared<kj::TlsContext>(options); });
}

// The host of "host:port" when it is a name.
kj::Maybe<std::string> name_of(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  in6_addr ignored{};
  const bool is_address = ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 || host.find_first_of("[:") != host.npos;
  if (is_address || host.empty()) return nullptr;
  return host;
}

kj::Exception disconnected(const std::string& text) {
  return KJ_EXCEPTION(DISCONNECTED, text.c_str());
}

}  // namespace

Result<kj::Own<TlsNetwork>> TlsNetwork::open(Network& network, Clock& clock, TlsFiles files, std::chrono::milliseconds handshake_max,
                                             const LogSink& log) {
  auto tls = kj::heap<TlsNetwork>(network, clock, std::move(files), handshake_max, log);
  TRY(tls->reload());
  return tls;
}

Result<void> TlsNetwork::reload() {
  ASSIGN_OR_RETURN(context_, make_context(files_));
  return ok();
}

kj::Promise<void> TlsNetwork::too_late() const {
  const std::string text = fmt::format("no TLS handshake within {} ms", handshake_max_.count());
  return clock_.after(handshake_max_).then([text]() -> kj::Promise<void> { return disconnected(text); });
}

kj::Promise<kj::Own<kj::AsyncIoStream>> TlsNetwork::connect(std::string address) {
  using Connected = kj::Promise<kj::Own<kj::AsyncIoStream>>;
  KJ_IF_MAYBE (name, name_of(address)) {
    auto handshake = [this, host = *name](kj::Own<kj::AsyncIoStream> stream) {
      std::shared_ptr<kj::TlsContext> context = context_;
      auto wrapping = context->wrapClient(kj::mv(stream), host.c_str());
      auto late = too_late().then([]() -> kj::Own<kj::AsyncIoStream> { KJ_UNREACHABLE; });
      return wrapping.attach(std::move(context)).exclusiveJoin(kj::mv(late));
    };
    return network_.connect(address).then(kj::mv(handshake)).catch_([address](kj::Exception&& cause) -> Connected {
      return disconnected(fmt::format("connecting to {} by TLS: {}", address, description(cause)));
    });
  }
  return disconnected(fmt::format("connecting to {} by TLS: expected a host name, which its certificate can be checked for", address));
}

kj::Promise<Accepted> TlsNetwork::greet(kj::Own<kj::AsyncIoStream> stream) {
  std::shared_ptr<kj::TlsContext> context = context_;
  auto wrapping = context->wrapServer(kj::AuthenticatedStream{kj::mv(stream), kj::UnknownPeerIdentity::newInstance()});
  auto late = too_late().then([]() -> Accepted { KJ_UNREACHABLE; });
  return wrapping.attach(std::move(context))
      .then([](kj::AuthenticatedStream secured) {
        return Accepted{kj::mv(secured.stream), kj::heap<CertificateIdentity>(secured.peerIdentity.downcast<kj::TlsPeerIdentity>())};
      })
      .exclusiveJoin(kj::mv(late));
}

kj::Promise<kj::Own<Listener>> TlsNetwork::listen(std::string address) {
  return network_.listen(std::move(address)).then([this](kj::Own<Listener> listener) -> kj::Own<Listener> {
    return kj::heap<TlsListener>(kj::mv(listener), *this);
  });
}

// Strangers must not fill the log.
void TlsNetwork::refuse(const kj::Exception& reason) {
  ++refused_;
  const std::chrono::nanoseconds now = clock_.now();
  if (logged_at_ != std::chrono::nanoseconds::min() && now < logged_at_ + kLogPause) {
    ++unlogged_;
    return;
  }
  log_(LogLevel::kWarning, fmt::format("a connection was refused: {} ({} more since the last such line)", description(reason), unlogged_));
  logged_at_ = now;
  unlogged_ = 0;
}

}  // namespace varve
