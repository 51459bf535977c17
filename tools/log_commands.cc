// `varve log cat|stat|verify`.
#include "tools/commands.h"
#include "tools/log_cat.h"
#include "tools/log_stat.h"
#include "tools/log_verify.h"
#include "tools/view_command.h"

namespace varve {

void add_log_commands(CLI::App& app, Command& chosen) {
  CLI::App* group = app.add_subcommand("log", "Look at edit logs, offline: segments, a journal directory, or the directory that holds it");
  group->require_subcommand(1);
  add_view_command(*group, "cat", "Print every transaction, its fields by name", log_cat, chosen);
  add_view_command(*group, "stat", "Print whose the log is and what its segments hold", log_stat, chosen);
  add_view_command(*group, "verify", "Check every byte of every file; a torn tail is a note, damage is exit status 1", log_verify, chosen);
}

}  // namespace varve
