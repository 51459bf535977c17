// A journal node daemon that this process starts, and that dies with it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "varve/error.h"

namespace varve {

struct NodeProcessOptions {
  std::string directory;  // of its journals; created when its parent exists
  std::string log;        // file that its standard error is appended to
  unsigned port = 0;      // 0: any
  std::uint64_t segment_bytes = 64ull << 20;
};

class NodeProcess {
 public:
  // The daemon `journalnode` beside this program; returns when it is ready. Its port is then fixed for later starts.
  static Result<NodeProcess> start(NodeProcessOptions options);
  NodeProcess(NodeProcess&& other) noexcept;
  ~NodeProcess();  // kills it

  pid_t pid() const { return pid_; }
  bool running() const { return pid_ != 0; }
  unsigned port() const { return options_.port; }
  std::string address() const;
  const std::string& directory() const { return options_.directory; }

  void kill();  // SIGKILL
  void pause();
  void go_on();
  Result<void> stop();  // SIGTERM, and waits for its end
  // Precondition: it does not run.
  Result<void> start_again();

 private:
  explicit NodeProcess(NodeProcessOptions options);

  Result<void> spawn();
  Result<unsigned> wait_until_ready(std::uint64_t log_offset);
  int wait();

  NodeProcessOptions options_;
  pid_t pid_ = 0;
};

}  // namespace varve
