#include "tools/journalnode/prometheus_writer.h"

#include <fmt/format.h>

#include <cmath>

#include "tools/utf8.h"

namespace varve {

namespace {

// A label's value: any UTF-8, with three characters escaped; what is not UTF-8 becomes question marks.
std::string escaped(std::string_view value) {
  std::string text;
  while (!value.empty()) {
    const std::size_t length = utf8_length(value);
    const char first = value.front();
    if (length == 0) {
      text += '?';
    } else if (first == '\n') {
      text += "\\n";
    } else {
      if (first == '\\' || first == '"') text += '\\';
      text += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace

void PrometheusWriter::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void PrometheusWriter::begin_sample(const Labels& labels, std::string_view suffix) {
  text_ += name_;
  text_ += suffix;
  if (labels.empty()) return;
  char separator = '{';
  for (const auto& [label, value] : labels) {
    text_ += fmt::format("{}{}=\"{}\"", separator, label, escaped(value));
    separator = ',';
  }
  text_ += '}';
}

void PrometheusWriter::sample(const Labels& labels, std::uint64_t value, std::string_view suffix) {
  begin_sample(labels, suffix);
  text_ += fmt::format(" {}\n", value);
}

void PrometheusWriter::sample(const Labels& labels, double value, std::string_view suffix) {
  begin_sample(labels, suffix);
  text_ += std::isnan(value) ? std::string(" NaN\n") : fmt::format(" {}\n", value);
}

}  // namespace varve
