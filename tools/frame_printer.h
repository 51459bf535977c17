// Prints the transactions of frames, one line each: JSON lines, or columns for people.
//
//   {"txid":2,"epoch":1,"time":"2024-02-29T23:59:59.000000Z","kind":"data","transaction":{...}}
//
// Control frames show as kind segment_start, epoch_start or configuration.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "editlog/log_reader.h"
#include "tools/compiled_schema.h"
#include "tools/json_writer.h"
#include "tools/record_printer.h"
#include "tools/view_options.h"

namespace varve {

class FramePrinter {
 public:
  FramePrinter(const ViewOptions& options, TextSink& out) : options_(options), out_(out) {}

  // Takes up the schema from a segment's first frame. After an error data shows as bytes.
  Result<void> begin_segment(const FrameView& first);
  // Prints the transactions that are wanted; without --json, once, the columns' names before.
  void print(const FrameView& frame);

  // Transactions of this segment that the schema does not fit.
  std::uint64_t undecoded() const { return undecoded_; }

 private:
  void print_json(const FrameHeader& header, TxId txid, Bytes transaction);
  void print_text(const FrameHeader& header, TxId txid, Bytes transaction);
  void print_body(const FrameHeader& header, Bytes transaction, JsonWriter& json);

  const ViewOptions& options_;
  TextSink& out_;
  bool opaque_ = false;
  std::unique_ptr<CompiledSchema> schema_;
  std::optional<RecordPrinter> records_;
  bool titled_ = false;
  std::uint64_t undecoded_ = 0;
};

}  // namespace varve
