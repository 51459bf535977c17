// Goes through chunks of an image in parallel: each is read on the loop's behalf, then verified, decoded and consumed on a worker.
// Owns:    the memory of the chunks under way: at most kWindowBytes, or two chunks where those are larger.
// Threads: run() the event loop's; consumers run on the workers, several at once, in no order.
// Errors:  the failure of the first chunk in the order of the file that failed; no new chunk is begun after a failure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/task.h"
#include "base/workers.h"
#include "fsimage/chunk_codec.h"
#include "fsimage/chunk_records.h"
#include "fsimage/give_way.h"
#include "fsimage/image_reader.h"
#include "fsimage/signal.h"
#include "varve/image.h"

namespace varve {

class ImageScan {
 public:
  static constexpr std::uint64_t kWindowBytes = 32u << 20;

  // With `give_way` chunks go one after the other, in small pieces.
  ImageScan(ImageReader& image, Workers& workers, GiveWay give_way = {});

  // Adds the chunks of a section, whose records go to `consumer`; nullptr: the chunks are only verified.
  void add(const SectionEntry& section, const ChunkConsumer* consumer);
  Task<Result<void>> run();

 private:
  struct Item {
    std::size_t chunk;  // index in the table
    std::uint32_t sequence;
    std::size_t section;  // index in sections_
  };
  struct Section {
    const SectionEntry& entry;
    const ChunkConsumer* consumer;
    std::uint64_t records = 0;  // seen
  };
  // One chunk at a time on its way through a lane; lanes run side by side.
  struct Lane {
    Item item{};
    AlignedBuffer stored;
    std::size_t stored_bytes = 0;
    ChunkDecoder decoder;
    ChunkRecords records;
    Result<void> outcome;
  };

  Task<void> run_lane(Lane& lane);
  Task<void> pass(Lane& lane);
  void work(Lane& lane) const;  // on a worker
  Result<void> decode_and_consume(Lane& lane) const;
  void settle(Lane& lane);
  Result<void> check_record_counts() const;
  std::uint64_t cost(const Item& item) const;
  bool has_room_for(const Item& item) const;

  ImageReader& image_;
  Workers& workers_;
  GiveWay give_way_;
  std::vector<Section> sections_;
  std::vector<Item> items_;
  std::size_t next_ = 0;  // item
  std::uint64_t outstanding_bytes_ = 0;
  Signal room_;
  std::optional<Error> failure_;
  std::size_t failed_chunk_ = 0;
};

}  // namespace varve
