#include "tools/journal/node_details.h"

#include <nlohmann/json.hpp>

namespace varve {

namespace {

using Json = nlohmann::json;

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

NodeDetails details_of(const Json& journal) {
  NodeDetails details;
  details.writer = text_in(journal, "writer");
  details.writer_host = text_in(journal, "writer_host");
  details.failure = text_in(journal, "failure");
  details.pulling_from = text_in(journal, "pulling_from");
  if (const auto found = journal.find("writer_connected"); found != journal.end() && found->is_boolean())
    details.writer_connected = found->get<bool>();
  if (const auto found = journal.find("disk_bytes"); found != journal.end() && found->is_number_unsigned())
    details.disk_bytes = found->get<std::uint64_t>();
  if (const auto found = journal.find("damage"); found != journal.end() && found->is_array())
    for (const Json& line : *found)
      if (line.is_string()) details.damage.push_back(line.get<std::string>());
  return details;
}

}  // namespace

NodeDetails parse_node_details(const std::string& text, const std::string& journal) {
  const Json status = Json::parse(text, nullptr, false);
  if (!status.is_object()) return {};
  const auto journals = status.find("journals");
  if (journals == status.end() || !journals->is_array()) return {};
  for (const Json& one : *journals)
    if (one.is_object() && text_in(one, "name") == journal) return details_of(one);
  return {};
}

}  // namespace varve
