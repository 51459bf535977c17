// Everything that parses bytes from disk or wire, each with one way in: for the fuzzers (clang, preset `fuzz`), and for an ordinary test
// that feeds it golden files and their mutants.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "varve/types.h"

namespace varve::fuzz {

struct EntryPoint {
  std::string_view name;
  // Parses `input`, as it is and with its digests made to hold, so that what lies behind them is reached. Returns whether the input as it
  // is was accepted. Ends the process when a parser breaks its promise.
  bool (*run)(Bytes input);
};

std::span<const EntryPoint> entry_points();
// Ends the process when there is none of that name.
const EntryPoint& entry_point(std::string_view name);

bool run_frame(Bytes input);       // one frame
bool run_segment(Bytes input);     // a segment file, in progress or finalized
bool run_slot(Bytes input);        // one slot
bool run_version(Bytes input);     // VERSION
bool run_control(Bytes input);     // a control transaction
bool run_image(Bytes input);       // an image file
bool run_toc(Bytes input);         // an image's table of contents
bool run_chunk(Bytes input);       // an image's chunk
bool run_schema(Bytes input);      // a compiled schema, with records of other schemas printed by it
bool run_record(Bytes input);      // a record, printed by schemas that are sound
bool run_operations(Bytes input);  // a transaction of the resource manager
bool run_stream(Bytes input);      // messages between journal nodes: heads, control messages, frames
bool run_node(Bytes input);        // what arrives on a connection to a journal node
bool run_answers(Bytes input);     // what a journal node answers, to all kinds of clients

}  // namespace varve::fuzz
