// The `journalnode` daemon.
// Exit status: 0 fine, 1 a failure, 2 wrong usage.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>

#include "tools/journalnode/command_line.h"
#include "tools/journalnode/daemon.h"
#include "tools/view_options.h"

namespace {

// A file opened later must not become the standard error of a caller that closed his.
void occupy_standard_descriptors() {
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= 2) descriptor = ::open("/dev/null", O_RDWR);
  if (descriptor > 2) ::close(descriptor);
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  ::umask(077);  // files hold secrets
  const auto invocation = varve::read_command_line({argv + 1, argv + argc}, VARVE_VERSION);
  if (!invocation) {
    std::cerr << "journalnode: " << invocation.error().text() << " (journalnode --help tells more)\n";
    return varve::kExitUsage;
  }
  if (!invocation->print.empty()) {
    std::cout << invocation->print << std::flush;
    return std::cout ? varve::kExitFine : varve::kExitFailed;
  }
  if (invocation->check) {
    std::cout << "the configuration is good\n" << std::flush;
    return varve::kExitFine;
  }
  return varve::run_daemon(invocation->config, VARVE_VERSION);
}
