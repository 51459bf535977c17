// The key of a record, read from the record.
#pragma once

#include <string>

#include "rm/keys.h"
#include "rm/rm.capnp.h"

namespace varve {

template <typename Reader>
AttemptKey attempt_key(Reader reader) {
  return {reader.getClusterTimestamp(), reader.getApplicationId(), reader.getNumber()};
}
template <typename Reader>
ReservationKey reservation_key(Reader reader) {
  const auto plan = reader.getPlan();
  return {std::string(plan.begin(), plan.size()), reader.getClusterTimestamp(), reader.getId()};
}

// The same for the loader of a section, by the type of its records.
inline ApplicationKey key_of(schema::rm::Application::Reader reader) {
  return {reader.getClusterTimestamp(), reader.getId()};
}
inline AttemptKey key_of(schema::rm::Attempt::Reader reader) {
  return attempt_key(reader);
}
inline TokenKey key_of(schema::rm::DelegationToken::Reader reader) {
  return reader.getSequenceNumber();
}
inline MasterKeyKey key_of(schema::rm::MasterKey::Reader reader) {
  return reader.getId();
}
inline ReservationKey key_of(schema::rm::Reservation::Reader reader) {
  return reservation_key(reader);
}

}  // namespace varve
