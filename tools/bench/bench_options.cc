#include "tools/bench/bench_options.h"

#include <fmt/format.h>

#include <boost/filesystem.hpp>
#include <cstdio>
#include <fstream>

#include "tools/bench/load.h"

namespace varve {
namespace {

// Bytes that this process has sent to disks so far.
std::uint64_t written_bytes() {
  std::ifstream io("/proc/self/io");
  for (std::string word; io >> word;)
    if (word == "write_bytes:") {
      std::uint64_t bytes = 0;
      io >> bytes;
      return bytes;
    }
  return 0;
}

}  // namespace

Options bench_options(const std::string& directory) {
  const boost::filesystem::path path = boost::filesystem::absolute(directory);
  boost::system::error_code ignored;  // opening the journal tells what is wrong with the directory
  boost::filesystem::create_directory(path, ignored);
  Options options;
  options.journal = "file://" + (path / "journal").string();
  options.segment_transactions_max = UINT64_MAX;
  options.checkpoint_transactions = 0;
  options.checkpoint_log_bytes = 0;
  options.checkpoint_interval = std::chrono::milliseconds(0);
  options.log = [](LogLevel level, std::string_view line) {
    if (level >= LogLevel::kWarning) fmt::print(stderr, "varve bench: {}\n", line);
  };
  return options;
}

std::string journal_directory(const Options& options) {
  return options.journal.substr(std::string_view("file://").size());
}

void wait_for_quiet_disk() {
  std::uint64_t before = UINT64_MAX;
  for (std::uint64_t now = written_bytes(); now != before; now = written_bytes()) {
    before = now;
    sleep_for(0.3);
  }
}

}  // namespace varve
