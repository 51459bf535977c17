#include "tools/journalnode/config_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/journalnode/host_port.h"

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

const ConfigKey kKeys[] = {
    {"dir", &NodeConfig::directory, "path", "Where the journals are kept; one daemon per directory.", kPath},
    {"listen", &NodeConfig::listen, "host:port", "Where writers, readers and other nodes connect.", kAddress},
    {"http", &NodeConfig::http, "host:port", "Where the status page and the metrics are served; empty: nowhere.", kAddressOrEmpty},
    {"name", &NodeConfig::name, "text", "The node's name for people; the host's name when not set.", kNodeName},

    {"log.segment_bytes", &NodeConfig::segment_bytes, "bytes", "Preallocated size of a segment.", {}, kMi, 4 * kGi},
    {"log.disk_reserve_bytes",
     &NodeConfig::disk_reserve_bytes,
     "bytes",
     "Kept free so that closing and recovery never need new space; 0: nothing is.",
     {},
     0,
     1024 * kGi},
    {"log.mark_delay_ms", &NodeConfig::mark_delay_ms, "ms", "An idle log notes its end in its slots after this time.", {}, 10, 60'000},
    {"log.direct_io", &NodeConfig::direct_io, "true or false", "Write past the page cache."},

    {"limits.connections_max", &NodeConfig::connections_max, "connections", "Further ones are refused.", {}, 4, 65'536},
    {"limits.pending_bytes_max",
     &NodeConfig::pending_bytes_max,
     "bytes",
     "Gathered for one journal while its disk syncs; above it the writer is not read from.",
     {},
     64 * kKi,
     kGi},
    {"limits.memory_bytes_max",
     &NodeConfig::memory_bytes_max,
     "bytes",
     "Of all buffers together; above it new work waits.",
     {},
     8 * kMi,
     64 * kGi},
    {"limits.frame_bytes_max",
     &NodeConfig::frame_bytes_max,
     "bytes",
     "Larger frames are refused; the same on every node and writer. One transaction must fit.",
     {},
     64 * kKi,
     kGi},

    {"scrub.bytes_per_second",
     &NodeConfig::scrub_bytes_per_second,
     "bytes per second",
     "How fast retained segments are read to look for damage; 0: never.",
     {},
     0,
     16 * kGi},
    {"scrub.interval_h", &NodeConfig::scrub_interval_h, "hours", "From the start of one scrub to the start of the next.", {}, 1, 8760},

    {"tls.certificate", &NodeConfig::tls_certificate, "path", "PEM file: this node's certificate, then those between it and the authority.",
     kPath},
    {"tls.key", &NodeConfig::tls_key, "path", "PEM file: the certificate's private key, not encrypted.", kPath},
    {"tls.authorities", &NodeConfig::tls_authorities, "path", "PEM file: who may sign peers' certificates; nobody else is believed.",
     kPath},
    {"tls.writers", &NodeConfig::tls_writers, "names", "Certificates with one of these names may append.", kCertificateName},
    {"tls.readers", &NodeConfig::tls_readers, "names", "Those may read: standbys, viewers and the other journal nodes.", kCertificateName},
    {"tls.admins", &NodeConfig::tls_admins, "names", "Those may format, fence and change members.", kCertificateName},
    {"tls.handshake_ms",
     &NodeConfig::tls_handshake_ms,
     "ms",
     "A peer that takes longer to show its certificate is dropped.",
     {},
     100,
     60'000},
    {"tls.allow_insecure", &NodeConfig::allow_insecure, "true or false",
     "Permits what else is refused: to serve other machines without TLS. The pages are always without."},
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
  if (const auto* text = std::get_if<std::string NodeConfig::*>(&key.field)) return defaults.**text;
  if (const auto* count = std::get_if<std::uint64_t NodeConfig::*>(&key.field)) return fmt::format("{}", defaults.**count);
  if (const auto* flag = std::get_if<bool NodeConfig::*>(&key.field)) return defaults.**flag ? "true" : "false";
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
