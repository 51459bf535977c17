// A program that a test starts, watches and ends; its words are kept.
//
// Owns: the process: it is killed and waited for at the latest when this goes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace varve {

struct Launch {
  std::vector<std::string> command;      // the program's path first
  std::vector<std::string> environment;  // NAME=value, beside the test's own
  bool unprivileged = false;             // as the user nobody
};

class ChildProcess {
 public:
  explicit ChildProcess(const Launch& launch);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;

  void signal(int number);
  bool ended();
  // It was stopped by a signal, and has come to rest.
  bool stands_still() const;
  // Waits until `condition` holds (looked at each millisecond); false when the process ends first or the patience of 60 s does.
  bool wait_until(const std::function<bool()>& condition);
  // Waits for its end: the exit status, or 128 + the signal that killed it, as a shell has it; -1 when it does not end within 60 s.
  int wait();
  // What it has printed so far, both streams.
  std::string output() const;
  // What each of its threads is doing, as far as the kernel tells: for the report of one that does not do what it should.
  std::string threads() const;

 private:
  bool poll_end(std::chrono::milliseconds time);

  pid_t pid_ = -1;
  int pidfd_ = -1;
  int output_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

// Runs a command to its end; throws nothing: the exit status, as of wait(), and what it printed.
struct Ran {
  int status = -1;
  std::string output;
};
Ran run(const Launch& launch);

// The path of a program on PATH or in the directories of the administrator; empty: there is none.
std::string find_program(const std::string& name);
// The same of a shared library.
std::string find_library(const std::string& name);

}  // namespace varve
