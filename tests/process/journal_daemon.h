// One journalnode daemon of a test: started, killed, stopped and started again in its place.
//
// Owns: the process while it runs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/process/child_process.h"

namespace varve {

class JournalDaemon {
 public:
  // `directory` is made by the daemon; its parent must exist.
  JournalDaemon(std::string name, std::string directory, std::string address);

  std::vector<std::string> options;  // of the daemon, from the next start on
  std::vector<std::string> prefix;   // what runs it: the namespace's program, its tracer

  const std::string& name() const { return name_; }
  const std::string& directory() const { return directory_; }
  const std::string& address() const { return address_; }
  std::string pages_address() const;

  void launch();
  // Until it says that it is ready; false when it ends before.
  bool wait_until_ready();
  // Until its output has these words.
  bool wait_until_says(const std::string& words);

  void kill();
  void stop();  // returns when it really stands still
  void go_on();
  // As an operator ends it; its exit status.
  int terminate();

  bool runs() { return process_ != nullptr && !process_->ended(); }
  ChildProcess& process() { return *process_; }

 private:
  const std::string name_;
  const std::string directory_;
  const std::string address_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace varve
