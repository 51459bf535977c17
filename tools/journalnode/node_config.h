// What a journal node daemon is told. config_keys.h says which key of the file and which flag sets each, and within which bounds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace varve {

struct NodeConfig {
  std::string directory;
  std::string listen = "127.0.0.1:8485";
  std::string http = "127.0.0.1:8480";  // empty: no pages
  std::string name;                     // for people; empty: the host's name

  std::uint64_t segment_bytes = 64ull << 20;
  std::uint64_t disk_reserve_bytes = 64ull << 20;
  std::uint64_t mark_delay_ms = 1000;
  bool direct_io = true;

  std::uint64_t connections_max = 256;
  std::uint64_t pending_bytes_max = 4ull << 20;

  std::uint64_t scrub_bytes_per_second = 8ull << 20;
  std::uint64_t scrub_interval_h = 24;

  std::string tls_certificate;  // this one, the key and the authorities are set together or not at all
  std::string tls_key;
  std::string tls_authorities;
  std::vector<std::string> tls_writers;
  std::vector<std::string> tls_readers;
  std::vector<std::string> tls_admins;
  std::uint64_t tls_handshake_ms = 5000;
  bool allow_insecure = false;

  bool uses_tls() const { return !tls_certificate.empty(); }
};

}  // namespace varve
