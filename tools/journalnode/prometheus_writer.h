// Writes metrics in Prometheus's text format, version 0.0.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve {

class PrometheusWriter {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

  // Begins a family; its samples follow. `type`: counter, gauge or summary.
  void family(std::string_view name, std::string_view type, std::string_view help);
  // A sample of the family, whose name gets `suffix` (a summary's _sum and _count).
  void sample(const Labels& labels, std::uint64_t value, std::string_view suffix = "");
  void sample(const Labels& labels, double value, std::string_view suffix = "");

  const std::string& text() const { return text_; }

 private:
  void begin_sample(const Labels& labels, std::string_view suffix);

  std::string text_;
  std::string name_;  // of the family
};

}  // namespace varve
