// Reads the frames of one segment file in order and verifies every one before it gives it out: header digest, namespace, fields, chain,
// body digest, form of the body.
//
// Owns:      blocks of about 1 MiB, read one ahead; views share them without a copy (a frame that spans blocks is put together in memory
//            of its own, a frame above 1 MiB is read straight there).
// Threads:   the event loop's; views and what keeps them: any thread.
// Errors:    Result: the disk failed; from then on every step fails so. Whatever is wrong with the bytes is a stop, and a value: whether it
// is
//            the end, a torn tail or damage is for recovery to say (docs/recovery.md).
// Lifetime:  the file outlives the reader.
#pragma once

#include <kj/async.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer_cache.h"
#include "base/disk.h"
#include "base/task.h"
#include "editlog/frame.h"
#include "editlog/frame_chain.h"
#include "editlog/log_reader.h"
#include "editlog/segment_format.h"
#include "varve/error.h"

namespace varve {

enum class FrameDefect : std::uint8_t {
  kNotAFrame,     // no magic number where a frame should begin
  kHeaderDigest,  // the header does not prove itself
  kNewerLayout,
  kForeign,   // of another namespace
  kFields,    // a header that proves itself says what no writer writes
  kChain,     // it is not the frame that comes next
  kPlace,     // opens a segment in the middle of one, or does not at its start
  kCutShort,  // the file, or the range to read, ends inside the frame
  kBodyDigest,
  kBodyForm,  // a body whose digest holds is not a sequence of transactions
};
std::string_view to_string(FrameDefect defect);

struct SegmentStop {
  enum class Kind : std::uint8_t {
    kEnd,        // the end of the range to read, exactly behind a frame
    kUnwritten,  // the sector at `offset` was never written
    kDefect,
  };
  Kind kind = Kind::kEnd;
  std::uint64_t offset = 0;                      // behind the last good frame: where the next one would begin
  TxId expected;                                 // the first txid that was expected there
  FrameDefect defect = FrameDefect::kNotAFrame;  // of kDefect only
  std::optional<FrameHeader> header;             // of the bad frame, when its header is sound: its length can be believed
  std::string text;                              // one line: file, offset, txid, expected and found
};

// What to read. Offsets are multiples of kSectorBytes.
struct SegmentRange {
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  std::optional<std::uint64_t> salt;  // of a segment in progress: unwritten sectors are told from damage
  std::uint64_t offset = kFramesOffset;
  std::uint64_t end_offset =
      0;                      // finalized: the trailer's frames_end; in progress: behind the last durable frame, or the file's size to scan
  FrameChain::Before before;  // what stands before the frame at `offset`
};

class SegmentReader {
 public:
  // `cache`: for the memory of blocks and frames, shared by readers one after the other; none: one of its own.
  SegmentReader(File& file, SegmentRange range, std::shared_ptr<BufferCache> cache = nullptr);
  static std::shared_ptr<BufferCache> new_cache();

  // The next frames, at least one, in order; none when stopped: see stop(). Dropping it while under way ends the reader.
  Task<Result<std::vector<FrameView>>> next();
  const std::optional<SegmentStop>& stop() const { return stop_; }

  // More may be read now (a segment in progress has grown). Goes on after a stop at the old end.
  // Precondition: end_offset is not below what it was.
  void extend(std::uint64_t end_offset);

  std::uint64_t offset() const { return offset_; }            // behind the last frame given out
  LogPosition position() const { return chain_.position(); }  // of the last frame given out, or before the first
  TxId next_txid() const { return chain_.next_txid(); }

 private:
  // Bytes of the file in memory, from `offset` on.
  struct Block {
    std::shared_ptr<AlignedBuffer> memory;
    std::uint64_t offset = 0;
    std::size_t bytes = 0;
    std::uint64_t end() const { return offset + bytes; }
  };
  struct Ahead {
    Block block;  // bytes: asked for
    kj::Promise<Result<std::size_t>> read;
  };

  Task<Result<void>> read_on(std::vector<FrameView>& views);
  Task<Result<void>> load_block();
  void start_ahead();
  Task<Result<void>> finish_ahead();
  void note_end_of_file(std::uint64_t end_of_file);
  Bytes rest_of_block() const;
  void take_from_block(std::vector<FrameView>& views);
  Task<Result<void>> assemble(std::vector<FrameView>& views);
  Task<Result<void>> read_straight(MutableBytes frame, std::uint64_t have, DigestStream& digest);
  bool accept_header(const FrameHeader& header, Bytes sector);
  bool accept_body(const FrameHeader& header, Bytes padded_body, Digest digest);
  void give_out(const FrameHeader& header, std::shared_ptr<const void> keep, std::vector<FrameView>& views);
  void stop_at_end();
  void stop_at(SegmentStop::Kind kind, std::string text);
  void stop_with(FrameDefect defect, const FrameHeader* header, std::string_view detail);

  File& file_;
  SegmentRange range_;
  FrameChain chain_;
  std::uint64_t offset_;
  std::shared_ptr<BufferCache> cache_;
  Block block_;                          // holds offset_, or ends there
  std::optional<FrameHeader> spanning_;  // the accepted header of a frame that goes on behind block_
  bool file_too_short_ = false;
  bool under_way_ = false;
  std::optional<Error> failure_;
  std::optional<SegmentStop> stop_;
  std::optional<Ahead> ahead_;  // destroyed first: its read ends before its memory goes
};

}  // namespace varve
