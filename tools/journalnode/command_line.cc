#include "tools/journalnode/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <deque>

#include "base/result.h"
#include "tools/journalnode/config_file.h"
#include "tools/journalnode/config_rules.h"
#include "tools/journalnode/nearest_word.h"
#include "tools/journalnode/printable.h"

namespace varve {

namespace {

constexpr char kFooter[] = R"(
Every flag but --config, --check, --help and --version is a key of the configuration file as well: --log-mark-delay-ms 500 is
mark_delay_ms = 500 in [log]. A flag wins over the file.
Exit status: 0 fine, 1 a failure, 2 wrong usage.
Example:
  journalnode --dir /var/lib/varve --listen 127.0.0.1:8485)";

std::string described(const ConfigKey& key) {
  const std::string value = default_of(key);
  return fmt::format("{} ({}{})", key.meaning, expected_of(key), value.empty() ? "" : "; default " + value);
}

std::string group_of(const ConfigKey& key) {
  const std::size_t dot = key.name.find('.');
  return dot == key.name.npos ? "Options" : fmt::format("[{}]", key.name.substr(0, dot));
}

// A flag's text as the kind of value that its key takes; text that is none of that kind stays text and is refused with it.
ConfigValue value_of(const ConfigKey& key, const std::vector<std::string>& words) {
  if (std::holds_alternative<std::vector<std::string> NodeConfig::*>(key.field)) return words;
  const std::string text = words.empty() ? "" : words.back();
  if (std::holds_alternative<bool NodeConfig::*>(key.field)) {
    if (text.empty() || text == "true") return true;
    if (text == "false") return false;
  }
  if (std::holds_alternative<std::uint64_t NodeConfig::*>(key.field)) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
  }
  return text;
}

// The flags of one command line.
// Owns: what they were given; CLI11 writes it there.
class Flags {
 public:
  explicit Flags(const std::string& version) : app_("Keeps copies of edit logs for writers and readers on other machines.", "journalnode") {
    app_.set_version_flag("--version", "journalnode " + version);
    app_.allow_extras();
    app_.add_option("--config", config_, "The configuration file")->type_name("FILE");
    app_.add_flag("--check", check_, "Say whether the configuration is good, and end");
    for (const ConfigKey& key : config_keys()) add(key);
    app_.footer(kFooter + 1);
  }

  // What to print and end well, if that was asked for.
  Result<std::string> parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
      return app_.help();
    } catch (const CLI::CallForVersion& version) {
      return std::string(version.what()) + "\n";
    } catch (const CLI::ParseError& wrong) {
      return fail(ErrorCode::kInvalidArgument, printable(wrong.what()));
    }
    if (!app_.remaining().empty()) return fail(unknown(app_.remaining().front()));
    return std::string();
  }

  const std::string& config() const { return config_; }
  bool check() const { return check_; }
  std::vector<Setting> settings() const {
    std::vector<Setting> settings;
    for (const Given& given : given_)
      if (given.option->count() > 0) settings.push_back({given.key, value_of(*given.key, given.words), flag_of(*given.key)});
    return settings;
  }

 private:
  struct Given {
    const ConfigKey* key;
    std::vector<std::string> words;
    CLI::Option* option = nullptr;
  };

  void add(const ConfigKey& key) {
    Given& given = given_.emplace_back(Given{&key, {}});
    given.option = app_.add_option(flag_of(key), given.words, described(key));
    given.option->type_name("")->option_text(fmt::format("({})", key.unit))->group(group_of(key));
    const bool is_list = std::holds_alternative<std::vector<std::string> NodeConfig::*>(key.field);
    if (is_list) given.option->delimiter(',')->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (!is_list) given.option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    if (std::holds_alternative<bool NodeConfig::*>(key.field)) given.option->expected(0, 1);
  }

  Error unknown(const std::string& word) const {
    if (!word.starts_with("-")) return {ErrorCode::kInvalidArgument, fmt::format("expected a flag, found {}", quoted(word))};
    std::vector<std::string> flags = {"--config", "--check", "--help", "--version"};
    for (const ConfigKey& key : config_keys()) flags.push_back(flag_of(key));
    return {ErrorCode::kInvalidArgument,
            fmt::format("unknown flag {}; the nearest known is {}", quoted(word), nearest_word(word.substr(0, word.find('=')), flags))};
  }

  CLI::App app_;
  std::string config_;
  bool check_ = false;
  std::deque<Given> given_;  // stays where it is
};

}  // namespace

Result<Invocation> read_command_line(const std::vector<std::string>& arguments, const std::string& version) {
  Flags flags(version);
  Invocation invocation;
  ASSIGN_OR_RETURN(invocation.print, flags.parse(arguments));
  if (!invocation.print.empty()) return invocation;
  invocation.check = flags.check();
  std::vector<Setting> settings;
  if (!flags.config().empty()) {
    ASSIGN_OR_RETURN(settings, read_config_file(flags.config()));
  }
  for (Setting& setting : flags.settings()) settings.push_back(std::move(setting));
  for (const Setting& setting : settings) TRY(assign(invocation.config, setting));
  TRY(check_config(invocation.config, settings));
  return invocation;
}

}  // namespace varve
