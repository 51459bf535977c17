#include "tools/journal/journal_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <memory>

#include "base/real/real_seams.h"
#include "base/real/tls_network.h"
#include "tools/journal/fence_command.h"
#include "tools/journal/fetch_command.h"
#include "tools/journal/follow_command.h"
#include "tools/journal/format_command.h"
#include "tools/journal/member_commands.h"
#include "tools/journal/status_command.h"

namespace varve {

namespace {

using JournalWork = Task<void> (*)(JournalConsole&);
using SharedOptions = std::shared_ptr<JournalOptions>;

int complain(StandardOutput& problems, const std::string& text) {
  problems.write("varve: " + text + "\n");
  return kExitUsage;
}

int run_journal(const JournalOptions& options, JournalWork work) {
  StandardOutput out(STDOUT_FILENO);
  StandardOutput problems(STDERR_FILENO);
  if (const auto address = typed_journal(options.journal); !address) return complain(problems, address.error().text());
  if (!options.source.empty())
    if (const auto source = typed_journal(options.source); !source) return complain(problems, source.error().text());
  if (options.from && *options.from > options.view.to) return complain(problems, "--from is above --to; name the lower txid first");
  RealSeamsOptions seams;
  seams.log = [&problems](LogLevel level, std::string_view line) {
    if (level >= LogLevel::kWarning) problems.write(fmt::format("varve: {}\n", line));
  };
  RealSeams real(std::move(seams));
  const Seams plain = real.seams();
  kj::Own<TlsNetwork> tls;
  if (!options.tls_certificate.empty()) {
    auto opened = TlsNetwork::open(plain.network, plain.clock, {options.tls_certificate, options.tls_key, options.tls_authorities},
                                   kTlsHandshakeMax, plain.log);
    if (!opened) return complain(problems, opened.error().text());
    tls = kj::mv(*opened);
  }
  JournalConsole console(tls.get() == nullptr ? plain : plain.over(*tls), options, out, problems);
  real.mailbox().run_until(kj::Promise<void>(work(console)));
  console.progress("");
  const auto printed = out.finish();
  if (!printed) console.problem(printed.error());
  return console.exit_status();
}

// All of it one decimal number.
TxId parse_txid(const std::string& name, const std::string& text) {
  TxId txid;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), txid.value);
  if (error == std::errc() && end == text.data() + text.size()) return txid;
  throw CLI::ValidationError(name, "\"" + text + "\" is not a txid, a decimal number");
}

CLI::App* add_command(CLI::App& group, const std::string& name, const std::string& description, const SharedOptions& options,
                      JournalWork work, Command& chosen) {
  CLI::App* command = group.add_subcommand(name, description);
  command->add_option("JOURNAL", options->journal, "its address: quorum://HOST:PORT,.../NAME")->required()->type_name("");
  command->add_flag("--json", options->view.json, "JSON, one object a line");
  CLI::Option* certificate =
      command->add_option("--tls-certificate", options->tls_certificate, "talk TLS, with this certificate (PEM)")->type_name("FILE");
  CLI::Option* key = command->add_option("--tls-key", options->tls_key, "its key (PEM)")->type_name("FILE");
  CLI::Option* authorities =
      command->add_option("--tls-authorities", options->tls_authorities, "who signs the nodes' certificates (PEM)")->type_name("FILE");
  certificate->needs(key)->needs(authorities);
  key->needs(certificate);
  authorities->needs(certificate);
  command->final_callback([options, work, &chosen] { chosen = [options, work] { return run_journal(*options, work); }; });
  return command;
}

// An argument behind the journal's address.
void add_word(CLI::App& command, const SharedOptions& options, const std::string& name, const std::string& description) {
  const auto take = [options](const CLI::results_t& words) {
    options->words.push_back(words.back());
    return true;
  };
  command.add_option(name, take, description)->required()->type_name("");
}

void add_format(CLI::App& group, Command& chosen) {
  const auto options = std::make_shared<JournalOptions>();
  CLI::App* command = add_command(group, "format", "Make a new journal on nodes that hold none of its name; run again to finish", options,
                                  journal_format, chosen);
  command
      ->add_option("--from", options->source,
                   "move this journal there: a directory (file:///DIR or a path) to a quorum, or a quorum to file:///DIR")
      ->type_name("JOURNAL");
}

void add_follow(CLI::App& group, Command& chosen) {
  const auto options = std::make_shared<JournalOptions>();
  CLI::App* command =
      add_command(group, "follow", "Print committed transactions as they come, like log cat", options, journal_follow, chosen);
  const auto from = [options](const CLI::results_t& words) {
    options->from = parse_txid("--from", words.back());
    return true;
  };
  const auto to = [options](const CLI::results_t& words) {
    options->view.to = parse_txid("--to", words.back());
    return true;
  };
  command->add_option("--from", from, "from this txid on; without it from the next one")->type_name("TXID");
  command->add_option("--to", to, "end with this txid")->type_name("TXID");
  command->add_flag_callback(
      "--secrets", [options] { options->view.secrets = Secrets::kShow; }, "show keys, passwords and tokens too");
}

void add_members(CLI::App& group, Command& chosen) {
  auto options = std::make_shared<JournalOptions>();
  CLI::App* add = add_command(group, "add", "Make a node a member: it catches up and then votes", options, journal_add, chosen);
  add_word(*add, options, "NODE", "HOST:PORT of a journal node that holds no journal of this name");
  options = std::make_shared<JournalOptions>();
  CLI::App* remove = add_command(group, "remove", "Take a member out", options, journal_remove, chosen);
  add_word(*remove, options, "NODE", "HOST:PORT of the member");
  remove->add_flag("--force", options->force, "also when no live majority would be left");
  options = std::make_shared<JournalOptions>();
  CLI::App* replace = add_command(group, "replace", "Put a new node in a member's place", options, journal_replace, chosen);
  add_word(*replace, options, "OLD", "HOST:PORT of the member");
  add_word(*replace, options, "NEW", "HOST:PORT of a journal node that holds no journal of this name");
}

}  // namespace

void add_journal_commands(CLI::App& app, Command& chosen) {
  CLI::App* group = app.add_subcommand("journal", "Look after journals on journal nodes: make, watch, copy, move, fence, change members");
  group->require_subcommand(1);
  add_format(*group, chosen);
  add_command(*group, "status", "All nodes side by side; exit status 1 when no writer could be served", std::make_shared<JournalOptions>(),
              journal_status, chosen);
  add_follow(*group, chosen);
  const auto options = std::make_shared<JournalOptions>();
  CLI::App* fetch =
      add_command(*group, "fetch", "Copy a journal into a directory for `varve log`; run again to go on", options, journal_fetch, chosen);
  add_word(*fetch, options, "DIR", "missing, empty, or an earlier copy");
  add_command(*group, "fence", "Take a new epoch, so that no older writer goes on", std::make_shared<JournalOptions>(), journal_fence,
              chosen);
  add_members(*group, chosen);
}

}  // namespace varve
