#include "tools/journalnode/config_value.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/result.h"
#include "tools/journalnode/printable.h"

namespace varve {

namespace {

struct Shown {
  std::string operator()(std::int64_t value) const { return fmt::format("the number {}", value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const std::string& value) const { return quoted(value); }
  std::string operator()(const std::vector<std::string>& value) const {
    std::vector<std::string> words;
    std::transform(value.begin(), value.end(), std::back_inserter(words), quoted);
    return fmt::format("[{}]", fmt::join(words, ", "));
  }
  std::string operator()(const UnusableValue& value) const { return value.description; }
};

// True when the field took it.
class Assign {
 public:
  Assign(NodeConfig& config, const ConfigKey& key, const ConfigValue& value) : config_(config), key_(key), value_(value) {}

  bool operator()(std::string NodeConfig::*field) const {
    const auto* text = std::get_if<std::string>(&value_);
    if (text == nullptr || !key_.rule.holds(*text)) return false;
    config_.*field = *text;
    return true;
  }
  bool operator()(std::uint64_t NodeConfig::*field) const {
    const auto* number = std::get_if<std::int64_t>(&value_);
    if (number == nullptr || *number < 0) return false;
    const auto count = static_cast<std::uint64_t>(*number);
    if (count < key_.min || count > key_.max) return false;
    config_.*field = count;
    return true;
  }
  bool operator()(bool NodeConfig::*field) const {
    const auto* flag = std::get_if<bool>(&value_);
    if (flag == nullptr) return false;
    config_.*field = *flag;
    return true;
  }
  bool operator()(std::vector<std::string> NodeConfig::*field) const {
    const auto* list = std::get_if<std::vector<std::string>>(&value_);
    if (list == nullptr || !std::all_of(list->begin(), list->end(), key_.rule.holds)) return false;
    config_.*field = *list;
    return true;
  }

 private:
  NodeConfig& config_;
  const ConfigKey& key_;
  const ConfigValue& value_;
};

}  // namespace

Result<void> assign(NodeConfig& config, const Setting& setting) {
  if (std::visit(Assign(config, *setting.key, setting.value), setting.key->field)) return ok();
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: expected {}, found {}", setting.where, expected_of(*setting.key), std::visit(Shown(), setting.value)));
}

}  // namespace varve
