#include "tools/cluster/process_usage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace varve {
namespace {

std::uint64_t number_behind(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string word; file >> word;)
    if (word == name) {
      std::uint64_t value = 0;
      file >> value;
      return value;
    }
  return 0;
}

// Fields 14 and 15 of stat; the second field, the name in parentheses, may hold spaces.
double cpu_seconds(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  char state = 0;
  long skipped = 0;
  unsigned long user = 0;
  unsigned long system = 0;
  std::sscanf(line.c_str() + name_end + 1, " %c %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %lu %lu", &state, &skipped, &skipped, &skipped,
              &skipped, &skipped, &skipped, &skipped, &skipped, &skipped, &skipped, &user, &system);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessUsage usage_of(pid_t pid) {
  ProcessUsage usage;
  usage.cpu_seconds = cpu_seconds(pid);
  usage.resident_bytes = number_behind(fmt::format("/proc/{}/status", pid), "VmRSS:") * 1024;
  usage.written_bytes = number_behind(fmt::format("/proc/{}/io", pid), "write_bytes:");
  return usage;
}

}  // namespace varve
