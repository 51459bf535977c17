#include "fsimage/image_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/result.h"

namespace varve {

ImageScan::ImageScan(ImageReader& image, Workers& workers, GiveWay give_way)
    : image_(image), workers_(workers), give_way_(std::move(give_way)) {}

void ImageScan::add(const SectionEntry& section, const ChunkConsumer* consumer) {
  for (std::uint32_t i = 0; i < section.chunks; ++i) items_.push_back({section.first_chunk + i, i, sections_.size()});
  sections_.push_back({section, consumer});
}

Task<Result<void>> ImageScan::run() {
  std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.chunk < b.chunk; });
  // While one chunk of a worker is computed its next one is read; who gives way does one thing at a time.
  const std::size_t lane_count = std::min<std::size_t>(items_.size(), give_way_ ? 1 : 2 * workers_.count());
  std::vector<std::unique_ptr<Lane>> lanes;
  auto running = kj::heapArrayBuilder<kj::Promise<void>>(lane_count);
  for (std::size_t i = 0; i < lane_count; ++i) {
    lanes.push_back(std::make_unique<Lane>());
    running.add(run_lane(*lanes.back()));
  }
  co_await kj::joinPromises(running.finish());
  if (failure_) co_return fail(*failure_);
  co_return check_record_counts();
}

Task<void> ImageScan::run_lane(Lane& lane) {
  while (next_ < items_.size() && !failure_) {
    if (!has_room_for(items_[next_])) {
      co_await room_.wait();
      continue;
    }
    lane.item = items_[next_++];
    const std::uint64_t bytes = cost(lane.item);
    outstanding_bytes_ += bytes;
    co_await pass(lane);
    settle(lane);
    outstanding_bytes_ -= bytes;
    room_.raise();
  }
}

Task<void> ImageScan::pass(Lane& lane) {
  Result<std::size_t> read = co_await image_.read_chunk(lane.item.chunk, lane.stored, give_way_);
  if (!read) {
    lane.outcome = fail(read.error());
    co_return;
  }
  lane.stored_bytes = *read;
  co_await workers_.run([this, &lane] { work(lane); });
}

void ImageScan::work(Lane& lane) const {
  try {
    lane.outcome = decode_and_consume(lane);
  } catch (const std::exception& error) {
    const Error failed(ErrorCode::kRefused,
                       fmt::format("loading the chunk at offset {} threw: {}", image_.toc().chunks[lane.item.chunk].offset, error.what()));
    lane.outcome = fail(image_.named(failed));
  }
}

Result<void> ImageScan::decode_and_consume(Lane& lane) const {
  ASSIGN_OR_RETURN(const Bytes raw, image_.decode(lane.item.chunk, lane.stored.span(0, lane.stored_bytes), lane.decoder));
  const ChunkConsumer* const consumer = sections_[lane.item.section].consumer;
  const std::uint64_t offset = image_.toc().chunks[lane.item.chunk].offset;
  if (!lane.records.assign(raw, lane.decoder.header().records)) {
    const auto damaged =
        image_damaged(fmt::format("the chunk at offset {} is not a sequence of {} records", offset, lane.decoder.header().records));
    return fail(image_.named(damaged.value()));
  }
  if (consumer == nullptr) return ok();
  Result<void> consumed = (*consumer)(lane.item.sequence, lane.records);
  if (!consumed) return fail(image_.named(consumed.error().within(fmt::format("loading the chunk at offset {}", offset))));
  return ok();
}

// Back on the loop: what came of a chunk.
void ImageScan::settle(Lane& lane) {
  if (lane.outcome) {
    sections_[lane.item.section].records += lane.decoder.header().records;
  } else if (!failure_ || lane.item.chunk < failed_chunk_) {
    failure_ = lane.outcome.error();
    failed_chunk_ = lane.item.chunk;
  }
  const std::size_t ordinary_bytes = 2 * ChunkBuilder::buffer_bytes(image_.header().chunk_bytes);
  lane.decoder.shrink_to(ordinary_bytes);
  if (lane.stored.capacity() > ordinary_bytes) lane.stored = AlignedBuffer();
}

Result<void> ImageScan::check_record_counts() const {
  for (const Section& section : sections_) {
    if (section.records == section.entry.records) continue;
    const auto damaged =
        image_damaged(fmt::format("section {} has {} records, expected {}", section.entry.id, section.records, section.entry.records));
    return fail(image_.named(damaged.value()));
  }
  return ok();
}

std::uint64_t ImageScan::cost(const Item& item) const {
  const ChunkEntry& chunk = image_.toc().chunks[item.chunk];
  return chunk_file_bytes(chunk.stored_bytes) + (chunk.raw_bytes == chunk.stored_bytes ? 0 : chunk.raw_bytes);
}

bool ImageScan::has_room_for(const Item& item) const {
  const std::uint64_t window = std::max<std::uint64_t>(kWindowBytes, 2 * image_.header().chunk_bytes);
  return outstanding_bytes_ == 0 || outstanding_bytes_ + cost(item) <= window;
}

}  // namespace varve
