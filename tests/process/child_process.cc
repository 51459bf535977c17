#include "tests/process/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/check.h"

namespace varve {

namespace {

constexpr std::chrono::seconds kPatience{60};

[[noreturn]] void become(const Launch& launch, std::vector<char*>& arguments, int output, uid_t nobody) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  for (const std::string& variable : launch.environment) putenv(const_cast<char*>(variable.c_str()));
  if (launch.unprivileged && (setgid(nobody) != 0 || setuid(nobody) != 0)) _exit(126);
  execv(arguments[0], arguments.data());
  _exit(127);
}

uid_t uid_of_nobody() {
  const passwd* entry = getpwnam("nobody");
  return entry == nullptr ? 65534 : entry->pw_uid;
}

}  // namespace

ChildProcess::ChildProcess(const Launch& launch) : output_(memfd_create("output", MFD_CLOEXEC)) {
  CHECK(output_ >= 0);
  std::vector<char*> arguments;
  for (const std::string& word : launch.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const uid_t nobody = uid_of_nobody();
  pid_ = fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) become(launch, arguments, output_, nobody);
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  CHECK(pidfd_ >= 0);
}

ChildProcess::~ChildProcess() {
  if (!ended_) {
    signal(SIGKILL);
    wait();
  }
  close(pidfd_);
  close(output_);
}

void ChildProcess::signal(int number) {
  if (!ended_) kill(pid_, number);
}

bool ChildProcess::poll_end(std::chrono::milliseconds time) {
  if (ended_) return true;
  pollfd watched{pidfd_, POLLIN, 0};
  if (poll(&watched, 1, static_cast<int>(time.count())) <= 0) return false;
  CHECK(waitpid(pid_, &status_, 0) == pid_);
  ended_ = true;
  return true;
}

bool ChildProcess::ended() {
  return poll_end(std::chrono::milliseconds(0));
}

// The state is the letter behind the name in parentheses.
bool ChildProcess::stands_still() const {
  std::string stat;
  std::getline(std::ifstream("/proc/" + std::to_string(pid_) + "/stat"), stat);
  const std::size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos && stat[name_end + 2] == 'T';
}

bool ChildProcess::wait_until(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (poll_end(std::chrono::milliseconds(1))) return condition();
    if (std::chrono::steady_clock::now() > until) return false;
  }
  return true;
}

int ChildProcess::wait() {
  if (!poll_end(kPatience)) return -1;
  return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
}

std::string ChildProcess::output() const {
  const off_t size = lseek(output_, 0, SEEK_END);
  std::string text(static_cast<std::size_t>(size), '\0');
  const ssize_t got = pread(output_, text.data(), text.size(), 0);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

std::string ChildProcess::threads() const {
  std::string text;
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task", gone))
    for (const char* file : {"comm", "stat", "wchan", "stack"}) {
      std::ifstream in(thread.path() / file);
      text += std::string(std::istreambuf_iterator<char>(in), {}) + "\n";
    }
  return text;
}

Ran run(const Launch& launch) {
  ChildProcess process(launch);
  Ran ran;
  ran.status = process.wait();
  ran.output = process.output();
  return ran;
}

std::string find_program(const std::string& name) {
  for (const char* directory : {"/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/", "/usr/local/bin/"})
    if (const std::string path = directory + name; access(path.c_str(), X_OK) == 0) return path;
  return "";
}

std::string find_library(const std::string& name) {
  for (const char* directory : {"/usr/lib/x86_64-linux-gnu/", "/usr/lib/aarch64-linux-gnu/", "/usr/lib64/", "/usr/lib/", "/usr/local/lib/"})
    if (const std::string path = directory + name; access(path.c_str(), R_OK) == 0) return path;
  return "";
}

}  // namespace varve
