#include "tools/journalnode/config_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/host_port.h"

namespace varve {

namespace {

constexpr std::uint64_t kKi = 1ull << 10;
constexpr std::uint64_t kMi = 1ull << 20;
constexpr std::uint64_t kGi = 1ull << 30;

bool is_path(std::string_view text) {
  return !text.empty() && text.size() < 4096 && text.find('\0') == text.npos;
}
bool is_address(std::string_view text) {
  return parse_host_port(text).has_value();
}
bool is_address_or_empty(std::string_view text) {
  return text.empty() || is_address(text);
}

bool is_word(std::string_view text, std::size_t longest) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), fits);
}
bool is_node_name(std::string_view text) {
  return is_word(text, 64);
}
// A name with a dot in front would stand for all names below it.
bool is_certificate_name(std::string_view text) {
  return is_word(text, 253) && text.front() != '.' && text.front() != '-';
}

constexpr TextRule kPath{"a path", is_path};
constexpr TextRule kAddress{"host:port", is_address};
constexpr TextRule kAddressOrEmpty{"host:port, or nothing for none", is_address_or_empty};
constexpr TextRule kNodeName{"1 to 64 letters, digits, '.', '-' or '_'", is_node_name};
constexpr TextRule kCertificateName{"a list of DNS names without wildcards", is_certificate_name};

ConfigKey text(std::string_view name, std::string NodeConfig::*field, std::string_view unit, TextRule rule, std::string_view meaning) {
  return {name, field, unit, meaning, rule};
}
ConfigKey file(std::string_view name, std::string NodeConfig::*field, std::string_view meaning) {
  return text(name, field, "path", kPath, meaning);
}
ConfigKey count(std::string_view name, std::uint64_t NodeConfig::*field, std::string_view unit, std::uint64_t min, std::uint64_t max,
                std::string_view meaning) {
  return {name, field, unit, meaning, {}, min, max};
}
ConfigKey flag(std::string_view name, bool NodeConfig::*field, std::string_view meaning) {
  return {name, field, "true or false", meaning};
}
ConfigKey names(std::string_view name, std::vector<std::string> NodeConfig::*field, std::string_view meaning) {
  return {name, field, "names", meaning, kCertificateName};
}

using Config = NodeConfig;
const ConfigKey kKeys[] = {
    text("dir", &Config::directory, "path", kPath, "Where the journals are kept; one daemon per directory."),
    text("listen", &Config::listen, "host:port", kAddress, "Where writers, readers and other nodes connect."),
    text("http", &Config::http, "host:port", kAddressOrEmpty, "Where the status page and the metrics are served; empty: nowhere."),
    text("name", &Config::name, "text", kNodeName, "The node's name for people; the host's name when not set."),

    count("log.segment_bytes", &Config::segment_bytes, "bytes", kMi, 4 * kGi, "Preallocated size of a segment."),
    count("log.disk_reserve_bytes", &Config::disk_reserve_bytes, "bytes", 0, 1024 * kGi,
          "Kept free so that closing and recovery never need new space; 0: nothing is."),
    count("log.mark_delay_ms", &Config::mark_delay_ms, "ms", 10, 60'000, "An idle log notes its end in its slots after this time."),
    flag("log.direct_io", &Config::direct_io, "Write past the page cache."),

    count("limits.connections_max", &Config::connections_max, "connections", 4, 65'536, "Further ones are refused."),
    count("limits.pending_bytes_max", &Config::pending_bytes_max, "bytes", 64 * kKi, kGi,
          "Gathered for one journal while its disk syncs; above it the writer is not read from."),

    count("scrub.bytes_per_second", &Config::scrub_bytes_per_second, "bytes per second", 0, 16 * kGi,
          "How fast retained segments are read to look for damage; 0: never."),
    count("scrub.interval_h", &Config::scrub_interval_h, "hours", 1, 8760, "From the end of one pass to the next."),

    file("tls.certificate", &Config::tls_certificate, "PEM file: this node's certificate, then those between it and the authority."),
    file("tls.key", &Config::tls_key, "PEM file: the certificate's private key, not encrypted."),
    file("tls.authorities", &Config::tls_authorities, "PEM file: who may sign peers' certificates; nobody else is believed."),
    names("tls.writers", &Config::tls_writers, "Certificates with one of these names may append."),
    names("tls.readers", &Config::tls_readers, "Those may read: standbys, viewers and the other journal nodes."),
    names("tls.admins", &Config::tls_admins, "Those may format and change members; to fence is to write."),
    count("tls.handshake_ms", &Config::tls_handshake_ms, "ms", 100, 60'000, "A peer that takes longer to show its certificate is dropped."),
    flag("tls.allow_insecure", &Config::allow_insecure,
         "Permits what else is refused: to serve other machines without TLS. The pages are always without."),
};

std::string list_text(const std::vector<std::string>& list) {
  return fmt::format("{}", fmt::join(list, ", "));
}

}  // namespace

std::span<const ConfigKey> config_keys() {
  return kKeys;
}

const ConfigKey* find_config_key(std::string_view name) {
  const auto found = std::find_if(std::begin(kKeys), std::end(kKeys), [name](const ConfigKey& key) { return key.name == name; });
  return found == std::end(kKeys) ? nullptr : found;
}

std::vector<std::string> config_sections() {
  std::vector<std::string> sections;
  for (const ConfigKey& key : kKeys) {
    const std::size_t dot = key.name.find('.');
    if (dot == key.name.npos) continue;
    const std::string section(key.name.substr(0, dot));
    if (sections.empty() || sections.back() != section) sections.push_back(section);
  }
  return sections;
}

std::string flag_of(const ConfigKey& key) {
  std::string flag = fmt::format("--{}", key.name);
  std::replace_if(
      flag.begin(), flag.end(), [](char c) { return c == '.' || c == '_'; }, '-');
  return flag;
}

std::string expected_of(const ConfigKey& key) {
  if (std::holds_alternative<std::uint64_t NodeConfig::*>(key.field)) return fmt::format("a whole number from {} to {}", key.min, key.max);
  if (std::holds_alternative<bool NodeConfig::*>(key.field)) return "true or false";
  return std::string(key.rule.expected);
}

std::string default_of(const ConfigKey& key) {
  const NodeConfig defaults;
  if (const auto* words = std::get_if<std::string NodeConfig::*>(&key.field)) return defaults.**words;
  if (const auto* number = std::get_if<std::uint64_t NodeConfig::*>(&key.field)) return fmt::format("{}", defaults.**number);
  if (const auto* answer = std::get_if<bool NodeConfig::*>(&key.field)) return defaults.**answer ? "true" : "false";
  return list_text(defaults.*std::get<std::vector<std::string> NodeConfig::*>(key.field));
}

std::string config_table() {
  std::string table = "| key | unit | default | expected | meaning |\n|---|---|---|---|---|\n";
  for (const ConfigKey& key : kKeys) {
    const std::string value = default_of(key);
    table += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, key.unit, value.empty() ? "" : "`" + value + "`", expected_of(key),
                         key.meaning);
  }
  return table;
}

}  // namespace varve
