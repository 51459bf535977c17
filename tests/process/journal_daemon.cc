#include "tests/process/journal_daemon.h"

#include <signal.h>

#include <utility>

namespace varve {

JournalDaemon::JournalDaemon(std::string name, std::string directory, std::string address)
    : name_(std::move(name)), directory_(std::move(directory)), address_(std::move(address)) {}

// In a namespace of its own every node may have the same.
std::string JournalDaemon::pages_address() const {
  const std::string host = address_.substr(0, address_.find(':'));
  return (host.starts_with("127.") ? host : "127.0.0.1") + ":8480";
}

void JournalDaemon::launch() {
  Launch launch;
  launch.command = prefix;
  for (const std::string& word :
       {std::string(VARVE_JOURNALNODE), std::string("--dir"), directory_, std::string("--listen"), address_, std::string("--http"),
        pages_address(), std::string("--name"), name_, std::string("--log-segment-bytes=1048576"),
        std::string("--log-disk-reserve-bytes=1048576"), std::string("--log-mark-delay-ms=50")})
    launch.command.push_back(word);
  launch.command.insert(launch.command.end(), options.begin(), options.end());
  launch.environment.push_back("ASAN_OPTIONS=detect_leaks=0");  // its leak detector cannot work in a traced process
  process_ = std::make_unique<ChildProcess>(launch);
}

bool JournalDaemon::wait_until_ready() {
  return wait_until_says("ready: ");
}

bool JournalDaemon::wait_until_says(const std::string& words) {
  return process_->wait_until([&] { return process_->output().find(words) != std::string::npos; });
}

void JournalDaemon::kill() {
  process_->signal(SIGKILL);
  process_->wait();
}

void JournalDaemon::stop() {
  process_->signal(SIGSTOP);
  process_->wait_until([&] { return process_->stands_still(); });
}

void JournalDaemon::go_on() {
  process_->signal(SIGCONT);
}

int JournalDaemon::terminate() {
  process_->signal(SIGTERM);
  return process_->wait();
}

}  // namespace varve
