#include "fsimage/image_directory.h"

#include <algorithm>

#include "fsimage/give_way.h"
#include "tests/fsimage/image_fixture.h"

namespace varve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ImageDirectoryTest : public ImageFixture {};

TEST_F(ImageDirectoryTest, loads_what_was_saved) {
  const SampleState state = small_state();
  const auto saved = save(state, 17);
  ASSERT_TRUE(saved) << saved.error().text();
  EXPECT_EQ(saved->bytes, world_.disk().size_of(image_path(17)));

  open();
  EXPECT_THAT(listed(), ElementsAre(17));
  EXPECT_EQ(images().images().front().bytes, saved->bytes);
  SampleReceiver receiver;
  const auto loaded = load(receiver, 17);
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(receiver.txid, TxId{17});
  EXPECT_EQ(receiver.records(), state.records());
  EXPECT_EQ(receiver.chunks(1), 3u);
  EXPECT_EQ(loaded->digest, saved->digest);
  EXPECT_EQ(loaded->bytes, saved->bytes);
  EXPECT_EQ(loaded->point.position, point_at(17).position);
  EXPECT_EQ(loaded->point.namespace_id, kNamespace);
  EXPECT_EQ(loaded->point.lineage, 3u);
  EXPECT_EQ(loaded->point.configuration, "configuration");
  EXPECT_EQ(loaded->point.schema.compiled, "schema");
  EXPECT_EQ(loaded->point.schema.transaction_type, 0xabcdu);
  EXPECT_EQ(loaded->point.schema.name, "sample");
}

TEST_F(ImageDirectoryTest, peek_tells_what_an_image_is_of) {
  ASSERT_TRUE(save(small_state(), 5));
  const auto point = world_.wait(images().peek(TxId{5}));
  ASSERT_TRUE(point) << point.error().text();
  EXPECT_EQ(point->position, point_at(5).position);
  EXPECT_EQ(point->schema.name, "sample");
}

TEST_F(ImageDirectoryTest, an_image_without_sections_loads) {
  ASSERT_TRUE(save(SampleState{}, 1));
  SampleReceiver receiver;
  EXPECT_TRUE(load(receiver, 1));
  EXPECT_THAT(receiver.records(), IsEmpty());
  EXPECT_TRUE(verify(1));
}

TEST_F(ImageDirectoryTest, a_record_larger_than_a_chunk_stands_alone_at_its_end) {
  SampleState state;
  for (const bool compress : {false, true}) {
    state.sections.push_back({{.id = compress ? 2u : 1u, .compress = compress}, {{"before", std::string(3'000'000, 'g'), "after"}}});
  }
  ASSERT_TRUE(save(state, 1));
  SampleReceiver receiver;
  ASSERT_TRUE(load(receiver, 1));
  EXPECT_EQ(receiver.records(), state.records());
  EXPECT_EQ(receiver.chunks(1), 2u);
  EXPECT_LT(world_.disk().size_of(image_path(1)), 3'100'000u);  // the compressed one takes next to nothing
}

TEST_F(ImageDirectoryTest, incompressible_records_are_stored_as_they_are) {
  SampleState state;
  std::string noise;
  for (int i = 0; i < 5000; ++i) noise.push_back(static_cast<char>(world_.random().next()));
  state.sections.push_back({{.id = 1, .compress = true}, {{noise}}});
  ASSERT_TRUE(save(state, 1));
  SampleReceiver receiver;
  ASSERT_TRUE(load(receiver, 1));
  EXPECT_EQ(receiver.records(), state.records());
}

TEST_F(ImageDirectoryTest, many_parts_keep_their_order) {
  SampleState state;
  state.sections.push_back({{.id = 1}, {}});
  for (unsigned i = 0; i < 300; ++i) state.sections[0].parts.push_back(sample_records(i % 7, 50, i));
  ASSERT_TRUE(save(state, 1));
  SampleReceiver receiver;
  ASSERT_TRUE(load(receiver, 1));
  EXPECT_EQ(receiver.records(), state.records());
}

TEST_F(ImageDirectoryTest, a_producer_may_return_before_the_chunk_is_full) {
  const std::vector<std::string> records = sample_records(50, 40);
  const auto one_at_a_time = [&](ImageSink& sink) {
    sink.add_section({.id = 1}, {[&records, next = std::size_t{0}](RecordBuffer& buffer) mutable {
                       if (next == records.size()) return false;
                       add_record(buffer, records[next++]);
                       return true;
                     }});
  };
  SampleState state;
  state.sections.push_back({{.id = 1}, {records}});
  const auto slow = world_.wait(images().save(point_at(1), one_at_a_time, {.chunk_bytes = kChunkBytes}));
  const auto fast = save(state, 1);
  ASSERT_TRUE(slow && fast);
  EXPECT_EQ(slow->digest, fast->digest);
}

TEST_F(ImageDirectoryTest, a_required_section_that_nobody_takes_is_refused) {
  ASSERT_TRUE(save(small_state(), 1));
  SampleReceiver receiver;
  receiver.unknown[2] = true;
  const auto loaded = load(receiver, 1);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::kRefused);
  EXPECT_THAT(loaded.error().text(), HasSubstr("section 2 \"packed\""));
  EXPECT_THAT(loaded.error().text(), HasSubstr(image_path(1)));
}

TEST_F(ImageDirectoryTest, an_optional_section_that_nobody_takes_is_skipped) {
  ASSERT_TRUE(save(small_state(), 1));
  SampleReceiver receiver;
  receiver.unknown[4] = true;
  ASSERT_TRUE(load(receiver, 1));
  auto expected = small_state().records();
  expected.erase(4);
  EXPECT_EQ(receiver.records(), expected);
}

TEST_F(ImageDirectoryTest, the_error_of_a_consumer_ends_the_load) {
  ASSERT_TRUE(save(small_state(), 1));
  const auto loaded = world_.wait(images().load(TxId{1}, [](ImageSource& source) -> Result<void> {
    for (const auto& section : source.sections()) {
      source.consume(section.info.id, [id = section.info.id](std::uint32_t chunk, const RecordView&) -> Result<void> {
        if (id == 1 && chunk == 2) return fail(ErrorCode::kRefused, "an application without an id");
        return {};
      });
    }
    return {};
  }));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::kRefused);
  EXPECT_THAT(loaded.error().text(), HasSubstr("an application without an id"));
  EXPECT_THAT(loaded.error().text(), HasSubstr("offset"));
}

TEST_F(ImageDirectoryTest, what_a_producer_or_consumer_throws_is_an_error) {
  const auto throwing = [](ImageSink& sink) {
    sink.add_section({.id = 9}, {[](RecordBuffer&) -> bool { throw std::runtime_error("out of applications"); }});
  };
  const auto saved = world_.wait(images().save(point_at(1), throwing, {}));
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error().text(), HasSubstr("out of applications"));
  EXPECT_THAT(files(), IsEmpty());

  ASSERT_TRUE(save(small_state(), 2));
  const auto loaded = world_.wait(images().load(TxId{2}, [](ImageSource& source) -> Result<void> {
    for (const auto& section : source.sections())
      source.consume(section.info.id, [](std::uint32_t, const RecordView&) -> Result<void> { throw std::runtime_error("too odd"); });
    return {};
  }));
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().text(), HasSubstr("too odd"));
}

TEST_F(ImageDirectoryTest, a_producer_that_never_ends_without_records_is_an_error) {
  const auto idle = [](ImageSink& sink) { sink.add_section({.id = 9, .name = "idle"}, {[](RecordBuffer&) { return true; }}); };
  const auto saved = world_.wait(images().save(point_at(1), idle, {}));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code(), ErrorCode::kRefused);
  EXPECT_THAT(saved.error().text(), HasSubstr("\"idle\""));
}

TEST_F(ImageDirectoryTest, wrong_declarations_are_refused_before_anything_is_written) {
  const auto try_sections = [&](std::vector<SectionInfo> infos) {
    return world_.wait(images().save(point_at(1),
                                     [&infos](ImageSink& sink) {
                                       for (const SectionInfo& info : infos) sink.add_section(info, {});
                                     },
                                     {}));
  };
  for (const auto& infos : std::vector<std::vector<SectionInfo>>{
           {{.id = 0}}, {{.id = 65536}}, {{.id = 1, .name = "Upper"}}, {{.id = 1, .name = std::string(65, 'a')}}, {{.id = 1}, {.id = 1}}}) {
    images();
    const std::uint64_t before = world_.disk().operations();
    const auto saved = try_sections(infos);
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().code(), ErrorCode::kInvalidArgument) << saved.error().text();
    EXPECT_EQ(world_.disk().operations(), before);
  }
  EXPECT_TRUE(try_sections({{.id = 65535, .name = std::string(64, 'a')}}));
}

TEST_F(ImageDirectoryTest, bounds_of_a_save_are_checked) {
  ImagePoint large = point_at(1);
  large.configuration = std::string(kImageConfigurationBytesMax + 1, 'c');
  EXPECT_EQ(world_.wait(images().save(large, [](ImageSink&) {}, {})).error().code(), ErrorCode::kTooLarge);
  large.configuration.pop_back();
  EXPECT_TRUE(world_.wait(images().save(large, [](ImageSink&) {}, {})));
  EXPECT_EQ(world_.wait(images().peek(TxId{1}))->configuration, large.configuration);
  EXPECT_EQ(save(SampleState{}, 2, {.chunk_bytes = 0}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(save(SampleState{}, 2, {.chunk_bytes = kChunkBytesMax + 1}).error().code(), ErrorCode::kInvalidArgument);
  ImagePoint foreign = point_at(3);
  foreign.namespace_id.low ^= 1;
  EXPECT_EQ(world_.wait(images().save(foreign, [](ImageSink&) {}, {})).error().code(), ErrorCode::kForeign);
}

TEST_F(ImageDirectoryTest, one_save_at_a_time) {
  const SampleState state = small_state();
  auto first = images().save(point_at(1), [&](ImageSink& sink) { state.declare(sink); }, {});
  const auto second = save(state, 2);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kBusy);
  EXPECT_TRUE(world_.wait(kj::mv(first)));
  EXPECT_TRUE(save(state, 2));
}

TEST_F(ImageDirectoryTest, a_cancelled_save_leaves_room_for_the_next) {
  const SampleState state = small_state();
  images();
  for (const int steps : {1, 4, 9, 16}) {
    world_.disk().set_latency({.write = std::chrono::milliseconds(1), .sync = std::chrono::milliseconds(1)});
    {
      auto dropped = images().save(point_at(1), [&](ImageSink& sink) { state.declare(sink); }, {.chunk_bytes = kChunkBytes});
      world_.run_for(std::chrono::microseconds(500 * steps));
    }
    world_.disk().set_latency({});
    const auto saved = save(state, 1);
    EXPECT_TRUE(saved) << saved.error().text();
    EXPECT_TRUE(verify(1));
  }
}

TEST_F(ImageDirectoryTest, lists_newest_first_and_keeps_as_many_as_told) {
  for (const std::uint64_t txid : {20, 5, 30, 10}) ASSERT_TRUE(save(small_state(), txid));
  EXPECT_THAT(listed(), ElementsAre(30, 20, 10, 5));
  open();
  EXPECT_THAT(listed(), ElementsAre(30, 20, 10, 5));
  ASSERT_EQ(world_.wait(images().retain(2))->size(), 2u);
  EXPECT_THAT(listed(), ElementsAre(30, 20));
  EXPECT_THAT(files(), ElementsAre(image_name(TxId{20}), image_name(TxId{30})));
  EXPECT_EQ(world_.wait(images().retain(0)).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(ImageDirectoryTest, saving_the_same_txid_replaces_the_image) {
  ASSERT_TRUE(save(SampleState{}, 7));
  ASSERT_TRUE(save(small_state(), 7));
  EXPECT_THAT(listed(), ElementsAre(7));
  EXPECT_THAT(files(), ElementsAre(image_name(TxId{7})));
  SampleReceiver receiver;
  ASSERT_TRUE(load(receiver, 7));
  EXPECT_EQ(receiver.records(), small_state().records());
}

TEST_F(ImageDirectoryTest, an_image_set_aside_is_kept_and_never_listed_again) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(save(small_state(), 7));
    ASSERT_TRUE(world_.wait(images().set_aside(TxId{7})));
    EXPECT_THAT(listed(), IsEmpty());
  }
  open();
  EXPECT_THAT(listed(), IsEmpty());
  EXPECT_THAT(files(), ElementsAre(image_name(TxId{7}) + ".damaged", image_name(TxId{7}) + ".damaged.2"));
}

TEST_F(ImageDirectoryTest, open_removes_what_a_crash_left_and_nothing_else) {
  ASSERT_TRUE(save(small_state(), 7));
  const std::vector<std::string> others{"fsimage_7", "fsimage_00000000000000000071", "fsimage_000000000000000000x", "note.tmp"};
  for (const std::string& name : others) world_.disk().write_all("/images/" + name, as_bytes("mine"));
  world_.disk().write_all("/images/" + image_tmp_name(TxId{9}), as_bytes("half"));
  open();
  EXPECT_THAT(listed(), ElementsAre(7));
  EXPECT_FALSE(world_.disk().exists("/images/" + image_tmp_name(TxId{9})));
  for (const std::string& name : others) EXPECT_TRUE(world_.disk().exists("/images/" + name)) << name;
}

TEST_F(ImageDirectoryTest, images_of_another_namespace_are_refused_and_left_alone) {
  ASSERT_TRUE(save(small_state(), 7));
  world_.disk().write_all("/images/" + image_tmp_name(TxId{9}), as_bytes("half"));
  Uuid other = kNamespace;
  other.high ^= 1;
  const auto opened = try_open(other);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kForeign);
  EXPECT_THAT(opened.error().text(), HasSubstr(image_path(7)));
  EXPECT_TRUE(world_.disk().exists("/images/" + image_tmp_name(TxId{9})));
  EXPECT_TRUE(try_open(Uuid{}));
}

TEST_F(ImageDirectoryTest, a_renamed_image_is_damaged) {
  ASSERT_TRUE(save(small_state(), 7));
  world_.disk().rename_file(image_path(7), image_path(8));
  open();
  const auto loaded = load(8);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::kDamaged);
  EXPECT_EQ(verify(8).error().code(), ErrorCode::kDamaged);
}

TEST_F(ImageDirectoryTest, pace_slows_a_save_down) {
  SampleState state;
  state.sections.push_back({{.id = 1}, {{std::string(6u << 20, 'a')}, {std::string(6u << 20, 'b')}}});
  const auto start = world_.clock().now();
  int asked = 0;
  ASSERT_TRUE(save(state, 1, {.chunk_bytes = kChunkBytes, .pace = [&asked] {
                                ++asked;
                                return std::chrono::milliseconds(250);
                              }}));
  EXPECT_GE(asked, 2);
  EXPECT_GE(world_.clock().now() - start, asked * std::chrono::milliseconds(250));
}

TEST_F(ImageDirectoryTest, with_pace_each_write_and_each_read_back_is_a_small_piece_of_the_same_image) {
  SampleState state;
  state.sections.push_back({{.id = 1}, {{std::string(3u << 20, 'a')}, {std::string(1000, 'b')}}});
  const auto at_once = save(state, 1);
  ASSERT_TRUE(at_once);
  int asked = 0;
  int pieces = 0;
  std::uint64_t written = 0;
  std::uint64_t read = 0;
  std::uint64_t largest = 0;
  world_.disk().observe([&](std::uint64_t, const SimOperation& operation) {
    if (operation.op != SimOp::kWrite && operation.op != SimOp::kRead) return;
    (operation.op == SimOp::kWrite ? written : read) += operation.bytes;
    largest = std::max(largest, operation.bytes);
    ++pieces;
  });
  const auto paced = save(state, 1, {.chunk_bytes = kChunkBytes, .pace = [&asked] {
                                       ++asked;
                                       return std::chrono::milliseconds(1);
                                     }});
  world_.disk().observe({});
  ASSERT_TRUE(paced);
  EXPECT_EQ(paced->digest, at_once->digest);
  EXPECT_EQ(written, paced->bytes);
  EXPECT_GE(read, paced->bytes);
  EXPECT_EQ(largest, kGiveWayBytes);
  EXPECT_GE(asked, 2 * 24);
  EXPECT_LE(pieces - asked, 8) << "only header, table and trailer go without a pause";
}

}  // namespace
}  // namespace varve
