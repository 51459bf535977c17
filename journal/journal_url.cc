#include "journal/journal_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/result.h"

namespace varve {
namespace {

constexpr std::string_view kFile = "file://";
constexpr std::string_view kShared = "shared://";
constexpr std::string_view kQuorum = "quorum://";

tl::unexpected<Error> refuse(std::string_view url, std::string_view why) {
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("journal address \"{}\": {}; expected file:///DIRECTORY, shared:///DIRECTORY or quorum://HOST:PORT,.../NAME", url, why));
}

Result<std::string> parse_path(std::string_view url, std::string_view path) {
  if (path.empty() || path.front() != '/') return refuse(url, "the path is not absolute");
  if (path.find('\0') != std::string_view::npos) return refuse(url, "the path holds a zero byte");
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  if (path == "/") return refuse(url, "the root directory cannot be a journal");
  return std::string(path);
}

// Why `host` is not HOST:PORT, if it is not.
std::optional<std::string_view> host_defect(std::string_view host) {
  const auto colon = host.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return "a member is not HOST:PORT";
  unsigned port = 0;
  const char* end = host.data() + host.size();
  const auto [rest, error] = std::from_chars(host.data() + colon + 1, end, port);
  if (error != std::errc() || rest != end || port == 0 || port > 65535) return "a member's port is not in 1..65535";
  return std::nullopt;
}

Result<JournalUrl> parse_quorum(std::string_view url) {
  std::string_view rest = url.substr(kQuorum.size());
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return refuse(url, "the journal's name is missing");
  JournalUrl result;
  result.kind = JournalUrl::Kind::kQuorum;
  result.name = rest.substr(slash + 1);
  if (!is_journal_name(result.name)) return refuse(url, "the journal's name is not 1 to 64 of letters, digits, '-', '_', '.'");
  rest = rest.substr(0, slash);
  while (true) {
    const auto comma = rest.find(',');
    const std::string_view host = rest.substr(0, comma);
    if (const auto defect = host_defect(host)) return refuse(url, *defect);
    if (std::find(result.hosts.begin(), result.hosts.end(), host) != result.hosts.end()) return refuse(url, "a member is named twice");
    result.hosts.emplace_back(host);
    if (comma == std::string_view::npos) return result;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace

bool is_journal_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

Result<JournalUrl> parse_journal_url(std::string_view url) {
  if (url.starts_with(kQuorum)) return parse_quorum(url);
  JournalUrl result;
  std::string_view path;
  if (url.starts_with(kFile)) {
    result.kind = JournalUrl::Kind::kFile;
    path = url.substr(kFile.size());
  } else if (url.starts_with(kShared)) {
    result.kind = JournalUrl::Kind::kShared;
    path = url.substr(kShared.size());
  } else {
    return refuse(url, "unknown kind");
  }
  ASSIGN_OR_RETURN(result.path, parse_path(url, path));
  return result;
}

}  // namespace varve
