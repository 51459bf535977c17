// The `varve` tool: looks at logs and images, measures, shows what it is good for.
// Exit status: 0 fine, 1 a failure or damage, 2 wrong usage.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "tools/bench/bench_command.h"
#include "tools/commands.h"
#include "tools/demo/demo_command.h"
#include "tools/journal/journal_command.h"
#include "tools/view_options.h"

namespace {

// A file opened later must not become the standard output of a caller that closed his.
void occupy_standard_descriptors() {
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= 2) descriptor = ::open("/dev/null", O_RDONLY);
  if (descriptor > 2) ::close(descriptor);
}

constexpr char kFooter[] = R"(
Exit status: 0 fine, 1 a failure or damage found, 2 wrong usage.
Examples:
  varve demo --keep /tmp/demo          leave a directory to look at
  varve log cat /tmp/demo | tail       its newest transactions
  varve log cat --json --from 100 --to 200 /tmp/demo
  varve log verify /tmp/demo           check every byte of the log
  varve image stat /tmp/demo           what the images hold
  varve journal status quorum://h1:8485,h2:8485,h3:8485/rm1)";

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is seen by its error
  CLI::App app("Varve keeps the state of a resource manager alive.", "varve");
  app.set_version_flag("--version", "varve " VARVE_VERSION);
  app.require_subcommand(1);
  varve::Command chosen;
  varve::add_log_commands(app, chosen);
  varve::add_image_commands(app, chosen);
  varve::add_journal_commands(app, chosen);
  varve::add_demo_commands(app, chosen);
  varve::add_bench_commands(app, chosen);
  app.footer(kFooter + 1);  // last: the commands would inherit it
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& wrong) {
    std::cerr << "varve: " << wrong.what() << " (varve --help tells more)\n";
    return varve::kExitUsage;
  }
  return chosen();
}
