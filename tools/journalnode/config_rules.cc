#include "tools/journalnode/config_rules.h"

#include <fmt/format.h>

#include "base/host_port.h"
#include "base/result.h"

namespace varve {

namespace {

class Rules {
 public:
  Rules(const NodeConfig& config, const std::vector<Setting>& settings) : config_(config), settings_(settings) {}

  Result<void> check() const {
    TRY(check_directory());
    TRY(check_certificate());
    TRY(check_names());
    TRY(check_listener("listen", config_.listen, config_.uses_tls()));
    return check_listener("http", config_.http, false);
  }

 private:
  // "node.toml:12: log.segment_bytes", or how to set what was not.
  std::string where(std::string_view name) const {
    for (auto setting = settings_.rbegin(); setting != settings_.rend(); ++setting)
      if (setting->key->name == name) return setting->where;
    return fmt::format("{} (not set)", name);
  }
  Result<void> refuse(std::string_view name, const std::string& reason) const {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", where(name), reason));
  }

  Result<void> check_directory() const {
    if (!config_.directory.empty()) return ok();
    return refuse("dir", "expected the directory of the journals, found none; give it by --dir or in the file");
  }
  Result<void> check_certificate() const {
    const bool all = !config_.tls_certificate.empty() && !config_.tls_key.empty() && !config_.tls_authorities.empty();
    const bool none = config_.tls_certificate.empty() && config_.tls_key.empty() && config_.tls_authorities.empty();
    if (all || none) return ok();
    const std::string_view missing = config_.tls_certificate.empty() ? "tls.certificate"
                                     : config_.tls_key.empty()       ? "tls.key"
                                                                     : "tls.authorities";
    return refuse(missing, "expected a file, because TLS takes a certificate, its key and the authorities together; found none");
  }
  Result<void> check_names() const {
    const bool named = !config_.tls_writers.empty() || !config_.tls_readers.empty() || !config_.tls_admins.empty();
    if (named == config_.uses_tls()) return ok();
    if (named) return refuse("tls.certificate", "expected a file, because peers are allowed by name, which takes TLS; found none");
    return refuse("tls.writers", "expected a name here, in tls.readers or in tls.admins; with none of them nobody could connect");
  }
  Result<void> check_listener(std::string_view name, const std::string& address, bool secured) const {
    if (address.empty() || secured || config_.allow_insecure || parse_host_port(address)->is_loopback()) return ok();
    return refuse(name, fmt::format("expected a loopback address, because what is served there is not protected by TLS; found {}; "
                                    "{}or permit it by tls.allow_insecure = true",
                                    address, name == "listen" ? "set tls.certificate, tls.key and tls.authorities, " : ""));
  }

  const NodeConfig& config_;
  const std::vector<Setting>& settings_;
};

}  // namespace

Result<void> check_config(const NodeConfig& config, const std::vector<Setting>& settings) {
  return Rules(config, settings).check();
}

}  // namespace varve
