#include "tools/journalnode/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/result.h"
#include "tools/journalnode/nearest_word.h"
#include "tools/journalnode/printable.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace varve {

namespace {

constexpr std::size_t kFileBytesMax = 1u << 20;

// A key of the file with its value, not yet known to be one of ours.
struct Found {
  std::string name;
  ConfigValue value;
  unsigned line = 0;
  bool is_section = false;
};

ConfigValue list_of(const toml::array& array) {
  std::vector<std::string> list;
  for (const toml::node& node : array) {
    const auto* text = node.as_string();
    if (text == nullptr) return UnusableValue{"a list with something else than texts in it"};
    list.push_back(text->get());
  }
  return list;
}

ConfigValue value_of(const toml::node& node) {
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* array = node.as_array()) return list_of(*array);
  if (const auto* number = node.as_floating_point()) return UnusableValue{fmt::format("the number {}", number->get())};
  return UnusableValue{node.is_table() ? "a section" : "a date or time"};
}

void collect(const toml::table& table, const std::string& prefix, std::vector<Found>& found) {
  const std::vector<std::string> sections = config_sections();
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (prefix.empty() && node.is_table() && std::find(sections.begin(), sections.end(), name) != sections.end()) {
      collect(*node.as_table(), name + ".", found);
    } else {
      found.push_back({prefix + name, value_of(node), key.source().begin.line, node.is_table()});
    }
  }
}

std::vector<std::string> all_words() {
  std::vector<std::string> words = config_sections();
  for (const ConfigKey& key : config_keys()) words.emplace_back(key.name);
  return words;
}

Error unknown(const std::string& path, const Found& found) {
  const std::string near = nearest_word(found.name, all_words());
  const std::vector<std::string> sections = config_sections();
  const bool near_section = std::find(sections.begin(), sections.end(), near) != sections.end();
  if (near == found.name) {
    return {ErrorCode::kInvalidArgument, fmt::format("{}:{}: expected a section [{}], found a value of that name", path, found.line, near)};
  }
  return {ErrorCode::kInvalidArgument,
          fmt::format("{}:{}: unknown {} {}; the nearest known is {}", path, found.line, found.is_section ? "section" : "key",
                      quoted(found.name), near_section ? "the section [" + near + "]" : near)};
}

}  // namespace

Result<std::vector<Setting>> parse_config(const std::string& text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}:{}: not TOML at column {}: {}", path, parsed.error().source().begin.line,
                                                         parsed.error().source().begin.column, printable(parsed.error().description())));
  }
  std::vector<Found> all;
  collect(parsed.table(), "", all);
  std::stable_sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.line < b.line; });
  std::vector<Setting> settings;
  for (Found& found : all) {
    const ConfigKey* key = find_config_key(found.name);
    if (key == nullptr) return fail(unknown(path, found));
    settings.push_back({key, std::move(found.value), fmt::format("{}:{}: {}", path, found.line, key->name)});
  }
  return settings;
}

Result<std::vector<Setting>> read_config_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("reading the configuration {}: {}", printable(path), std::strerror(errno)));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileBytesMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: expected a configuration of at most {} bytes, found more", printable(path), kFileBytesMax));
  }
  return parse_config(text, path);
}

}  // namespace varve
