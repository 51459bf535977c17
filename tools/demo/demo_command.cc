#include "tools/demo/demo_command.h"

#include <iostream>
#include <memory>

#include "tools/demo/demo.h"
#include "tools/demo/life.h"
#include "tools/view_options.h"

namespace varve {

namespace {

int complain(const Error& error) {
  std::cerr << "varve: " << error.text() << "\n";
  return kExitFailed;
}

// What a killed and restarted process is told; nobody types it.
void add_life_command(CLI::App& app, Command& chosen) {
  CLI::App* command = app.add_subcommand("demo-life", "One life of the demo's resource manager")->group("");
  const auto options = std::make_shared<DemoLifeOptions>();
  command->add_option("--directory", options->directory)->required();
  command->add_option("--counters", options->counters)->required();
  command->add_option("--journal", options->journal)->required();
  command->add_option("--trace", options->trace);
  command->add_option("--transactions", options->transactions)->required();
  command->add_option("--window", options->window)->required();
  command->add_option("--seed", options->seed)->required();
  command->final_callback([options, &chosen] {
    chosen = [options] {
      const Result<void> lived = run_life(*options);
      return lived ? kExitFine : complain(lived.error());
    };
  });
}

}  // namespace

void add_demo_commands(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("demo", "Kill a busy resource manager again and again and compare its state with what was acknowledged");
  const auto options = std::make_shared<DemoOptions>();
  command
      ->add_option("--journal", options->journal,
                   "embedded: in the process itself; quorum: on three journal nodes that it starts, and kills too, one at a time")
      ->check(CLI::IsMember({"embedded", "quorum"}))
      ->capture_default_str();
  command->add_flag("--embedded", options->embedded, "the same as --journal embedded, which is the default; --journal counts");
  command->add_option("--trace", options->trace, "replay this CSV file, with the columns of openb_pod_list_default.csv")
      ->check(CLI::ExistingFile);
  command->add_option("--keep", options->keep, "leave the journal and images in this directory");
  command->add_option("--transactions", options->transactions, "how many in all")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--kills", options->kills, "how many times; with a quorum as many nodes die too")->capture_default_str();
  command->add_option("--seed", options->seed, "of the moments of killing")->capture_default_str();
  command->final_callback([options, &chosen] {
    chosen = [options] {
      const Result<bool> fine = run_demo(*options);
      if (!fine) return complain(fine.error());
      return *fine ? kExitFine : kExitFailed;
    };
  });
  add_life_command(app, chosen);
}

}  // namespace varve
