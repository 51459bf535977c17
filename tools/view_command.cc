#include "tools/view_command.h"

#include <unistd.h>

#include "base/real/real_seams.h"

namespace varve {

namespace {

int run_view(const ViewOptions& options, View view) {
  StandardOutput out(STDOUT_FILENO);
  StandardOutput problems(STDERR_FILENO);
  if (options.from > options.to) {
    problems.write("varve: --from is above --to; name the lower txid first\n");
    return kExitUsage;
  }
  RealSeams real;
  Viewer viewer(real.seams(), options, out, problems);
  real.mailbox().run_until(kj::Promise<void>(view(viewer)));
  viewer.progress("");
  const auto printed = out.finish();
  if (!printed) viewer.problem(printed.error());
  return viewer.exit_status();
}

}  // namespace

CLI::App* add_view_command(CLI::App& group, const std::string& name, const std::string& description, View view, Command& chosen) {
  CLI::App* command = group.add_subcommand(name, description);
  const auto options = std::make_shared<ViewOptions>();
  command->add_option("PATH", options->paths, "a file, or the directory that holds them")->required();
  command->add_flag("--json", options->json, "JSON, one object a line; integers beyond +-2^53 are strings, bytes are hexadecimal digits");
  command->add_option("--from", options->from.value, "only from this txid on");
  command->add_option("--to", options->to.value, "only up to this txid")->default_str("");
  command->add_flag_callback(
      "--secrets", [options] { options->secrets = Secrets::kShow; }, "show keys, passwords and tokens too");
  command->final_callback([options, view, &chosen] { chosen = [options, view] { return run_view(*options, view); }; });
  return command;
}

}  // namespace varve
