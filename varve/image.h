// What a state machine sees of an image (fsimage): named sections of records, written and read by several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "varve/error.h"
#include "varve/types.h"

namespace varve {

// Takes records until it is full. One chunk of an image: at least one record, cut at the first record that makes it reach
// Options::image_chunk_bytes. What stands in a chunk depends on the records alone, so the same state gives the same bytes.
class RecordBuffer {
 public:
  virtual ~RecordBuffer() = default;
  // Room for one record of `bytes` bytes, 8-byte aligned, to be filled by the caller before the next call. Any size to 4 GiB - 1.
  virtual std::span<std::byte> add(std::size_t bytes) = 0;
  // True when the chunk is large enough: the producer should return.
  virtual bool full() const = 0;
};

// Gives the records of one part of a section in their order. Called again and again, by one thread at a time but not always the same,
// until it returns false (this part has no more records). Each call adds at least one record or returns false.
using RecordProducer = std::function<bool(RecordBuffer&)>;

struct SectionInfo {
  std::uint32_t id = 0;           // unique within the image, 1..65535
  std::string name;               // for viewers, up to 64 bytes of [a-z0-9_]
  std::uint64_t record_type = 0;  // Cap'n Proto type id of each record, for viewers; 0: opaque bytes
  bool required = true;           // a reader that does not know the id must refuse the image; false: it may skip the section
  bool compress = false;          // zstd, chunk by chunk
};

// Collects what is to be saved. The parts of a section are produced by several threads at once and written in the order given here;
// how a section is divided into parts must follow from the state alone, never from the number of threads.
class ImageSink {
 public:
  virtual ~ImageSink() = default;
  virtual void add_section(SectionInfo info, std::vector<RecordProducer> parts) = 0;
};

// One chunk's records, in order. Valid during the call that gave it.
class RecordView {
 public:
  virtual ~RecordView() = default;
  virtual std::size_t count() const = 0;
  virtual Bytes record(std::size_t index) const = 0;  // 8-byte aligned
};

// Takes one chunk of a section; `chunk` counts from 0 in the order of the records. Called once for each chunk, by several threads at
// once and in any order. An error ends the load.
using ChunkConsumer = std::function<Result<void>(std::uint32_t chunk, const RecordView&)>;

// An image whose table of contents is verified, about to be loaded. Every chunk is verified before it is given out.
class ImageSource {
 public:
  struct Section {
    SectionInfo info;
    std::uint64_t records = 0;
    std::uint32_t chunks = 0;
  };
  virtual ~ImageSource() = default;
  virtual TxId txid() const = 0;
  virtual const std::vector<Section>& sections() const = 0;
  // Declares who takes a section's chunks. An image with a required section that nobody takes is refused; others are skipped.
  virtual void consume(std::uint32_t section_id, ChunkConsumer consumer) = 0;
};

}  // namespace varve
