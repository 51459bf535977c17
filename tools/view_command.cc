#include "tools/view_command.h"

#include <unistd.h>

#include <charconv>

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

// All of it one decimal number: CLI11's own conversion takes "-1" and what is too large for the highest one.
bool parse_txid(const std::string& text, TxId& txid) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), txid.value);
  return error == std::errc() && end == text.data() + text.size();
}

void add_txid(CLI::App& command, const std::string& name, const std::string& description, TxId& txid) {
  const auto parse = [name, &txid](const CLI::results_t& words) {
    if (parse_txid(words.back(), txid)) return true;
    throw CLI::ValidationError(name, "\"" + words.back() + "\" is not a txid, a decimal number");
  };
  command.add_option(name, parse, description)->type_name("TXID");
}

}  // namespace

CLI::App* add_view_command(CLI::App& group, const std::string& name, const std::string& description, View view, Command& chosen) {
  CLI::App* command = group.add_subcommand(name, description);
  const auto options = std::make_shared<ViewOptions>();
  command->add_option("PATH", options->paths, "a file, or the directory that holds them")->required()->type_name("");
  command->add_flag("--json", options->json, "JSON, one object a line; integers beyond +-2^53 are strings, bytes are hexadecimal digits");
  add_txid(*command, "--from", "only from this txid on", options->from);
  add_txid(*command, "--to", "only up to this txid, itself included", options->to);
  command->add_flag_callback(
      "--secrets", [options] { options->secrets = Secrets::kShow; }, "show keys, passwords and tokens too");
  command->final_callback([options, view, &chosen] { chosen = [options, view] { return run_view(*options, view); }; });
  return command;
}

}  // namespace varve
