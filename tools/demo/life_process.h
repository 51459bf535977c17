// A life of the resource manager as a process of its own, seen from outside.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <optional>
#include <string>

#include "tools/demo/demo_options.h"
#include "varve/error.h"

namespace varve {

class LifeProcess {
 public:
  static Result<LifeProcess> start(const DemoLifeOptions& options);
  ~LifeProcess();  // kills it if it still runs
  LifeProcess(LifeProcess&& other) noexcept;
  LifeProcess& operator=(LifeProcess&&) = delete;

  // The next line it prints; nothing when it has ended.
  std::optional<std::string> read_line();
  void write_line(const std::string& line);

  bool running();        // false once it has ended
  void kill_and_wait();  // SIGKILL
  int wait();            // its exit status, 128 + signal if it was killed

 private:
  LifeProcess(pid_t pid, std::FILE* out, std::FILE* in) : pid_(pid), out_(out), in_(in) {}

  pid_t pid_;
  std::FILE* out_;  // what it prints
  std::FILE* in_;   // what it reads
  std::optional<int> status_;
};

}  // namespace varve
