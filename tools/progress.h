// How far a long piece of work has come, for who waits in front of a terminal.
// Threads: the event loop's.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tools/viewer.h"

namespace varve {

class Progress {
 public:
  // `total_bytes` 0: not known.
  Progress(Viewer& viewer, std::string what, std::uint64_t total_bytes)
      : viewer_(viewer), what_(std::move(what)), total_bytes_(total_bytes), next_(viewer.seams().clock.now() + kInterval) {}
  ~Progress() { viewer_.progress(""); }
  Progress(const Progress&) = delete;

  void reached(std::uint64_t bytes);

 private:
  static constexpr std::chrono::milliseconds kInterval{250};

  Viewer& viewer_;
  std::string what_;
  std::uint64_t total_bytes_;
  std::chrono::nanoseconds next_;
};

}  // namespace varve
