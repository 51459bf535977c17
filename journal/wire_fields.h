// Moves single values between wire.h and the generated classes of wire.capnp.
#pragma once

#include <capnp/common.h>

#include <string>
#include <vector>

#include "base/bytes.h"
#include "journal/wire.capnp.h"
#include "journal/wire.h"

namespace varve::wire {

namespace schema = varve::wire_schema;

void put(schema::Id::Builder out, Uuid id);
void put(schema::Id::Builder out, Digest digest);
void put(schema::Position::Builder out, const LogPosition& position);
void put(schema::Refusal::Builder out, const Refusal& refusal);
void put(schema::CopyState::Builder out, const CopyState& state);
capnp::Text::Reader text_of(const std::string& text);
capnp::Data::Reader data_of(const std::string& bytes);

Uuid get(schema::Id::Reader in);
LogPosition get(schema::Position::Reader in);
Refusal get(schema::Refusal::Reader in);
CopyState get(schema::CopyState::Reader in);
std::string get(capnp::Text::Reader in);
std::string get(capnp::Data::Reader in);
// At most kPositionsMax of them; throws kj::Exception beyond.
std::vector<LogPosition> get(capnp::List<schema::Position>::Reader in);
void put(capnp::List<schema::Position>::Builder out, const std::vector<LogPosition>& positions);

}  // namespace varve::wire
