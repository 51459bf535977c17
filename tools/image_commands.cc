// `varve image cat|stat|verify`.
#include "tools/commands.h"
#include "tools/image_cat.h"
#include "tools/image_stat.h"
#include "tools/image_verify.h"
#include "tools/view_command.h"

namespace varve {

void add_image_commands(CLI::App& app, Command& chosen) {
  CLI::App* group = app.add_subcommand("image", "Look at images, offline: files, an image directory, or the directory that holds it");
  group->require_subcommand(1);
  add_view_command(*group, "cat", "Print every record, its fields by name; of a directory, of the newest image in --from .. --to",
                   image_cat, chosen);
  add_view_command(*group, "stat", "Print what images are of and what they hold", image_stat, chosen);
  add_view_command(*group, "verify", "Check every byte", image_verify, chosen);
}

}  // namespace varve
