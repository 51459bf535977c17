#include "varve/rm_types.h"

#include <fmt/format.h>

#include <array>

namespace varve::rm {

std::string to_string(const ApplicationId& id) {
  return fmt::format("application_{}_{:04}", id.cluster_timestamp, id.id);
}

std::string to_string(const AttemptId& id) {
  return fmt::format("appattempt_{}_{:04}_{:06}", id.application.cluster_timestamp, id.application.id, id.number);
}

std::string_view name_of(const Operation& operation) {
  static constexpr std::array<std::string_view, std::variant_size_v<Operation>> kNames{
      "store_application", "update_application", "remove_application", "store_attempt",    "update_attempt",    "remove_attempt",
      "store_token",       "update_token",       "remove_token",       "store_master_key", "remove_master_key", "store_amrm_tokens",
      "store_reservation", "remove_reservation", "store_proxy_ca",     "increment_epoch",  "store_version",     "delete_store"};
  return kNames.at(operation.index());
}

}  // namespace varve::rm
