#include "tests/process/log_directories.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/real/real_seams.h"
#include "base/result.h"
#include "editlog/log_verifier.h"
#include "editlog/segment_names.h"

namespace varve {

namespace {

Task<std::string> verify(Seams seams, std::string path) {
  auto directory = co_await seams.disk.open_directory(path);
  if (!directory) co_return directory.error().text();
  auto verified = co_await verify_log(**directory);
  if (!verified) co_return verified.error().text();
  for (const LogFinding& finding : verified->findings.all())
    if (finding.kind == LogFinding::Kind::kDamage)
      co_return fmt::format("{}/{} at {}: {}", path, finding.file, finding.offset, finding.what);
  co_return std::string();
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::map<std::string, std::filesystem::path> final_segments(const std::string& directory) {
  std::map<std::string, std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const auto name = parse_segment_name(entry.path().filename().string());
    if (name && name->last) found[entry.path().filename()] = entry.path();
  }
  return found;
}

}  // namespace

std::string compare_logs(const std::vector<std::string>& directories) {
  RealSeams real;
  for (const std::string& directory : directories) {
    const std::string damage = real.mailbox().run_until(kj::Promise<std::string>(verify(real.seams(), directory)));
    if (!damage.empty()) return damage;
  }
  const auto first = final_segments(directories.front());
  if (first.empty()) return directories.front() + " has no final segment";
  for (const std::string& directory : directories) {
    const auto segments = final_segments(directory);
    if (segments.size() != first.size())
      return fmt::format("{} has {} final segments, {} has {}", directory, segments.size(), directories.front(), first.size());
    for (const auto& [name, path] : segments) {
      if (!first.contains(name)) return fmt::format("{} is not in {}", path.string(), directories.front());
      if (bytes_of(path) != bytes_of(first.at(name))) return fmt::format("{} and {} differ", path.string(), first.at(name).string());
    }
  }
  return "";
}

}  // namespace varve
