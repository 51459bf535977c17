#include "ha/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using ::testing::HasSubstr;

Options good() {
  Options options;
  options.journal = "file:///var/lib/rm/journal";
  return options;
}

TEST(Options, defaults_are_legal) {
  EXPECT_TRUE(check_options(good()));
}

TEST(Options, images_stand_beside_the_journal_by_default) {
  EXPECT_EQ(image_path(good()).value(), "/var/lib/rm/images");
}

TEST(Options, images_stand_where_they_are_told) {
  Options options = good();
  options.image_directory = "/data/images";
  EXPECT_EQ(image_path(options).value(), "/data/images");
}

TEST(Options, image_directory_must_be_absolute) {
  Options options = good();
  options.image_directory = "images";
  ASSERT_FALSE(image_path(options));
  EXPECT_THAT(image_path(options).error().text(), HasSubstr("absolute"));
}

TEST(Options, images_of_a_quorum_must_be_named) {
  Options options = good();
  options.journal = "quorum://h1:8485,h2:8485,h3:8485/rm";
  ASSERT_FALSE(image_path(options));
  EXPECT_THAT(image_path(options).error().text(), HasSubstr("image_directory"));
}

TEST(Options, a_quorum_rolls_as_told) {
  Options options = good();
  options.segment_bytes_max = 1u << 20;
  options.segment_transactions_max = 77;
  const QuorumOptions quorum = quorum_options(options);
  EXPECT_EQ(quorum.writer.segment_bytes, 1u << 20);
  EXPECT_EQ(quorum.writer.roll.transactions_max, 77u);
}

struct BadOption {
  const char* name;
  void (*set)(Options&);
};
class OptionsRefuse : public ::testing::TestWithParam<BadOption> {};

TEST_P(OptionsRefuse, a_value_out_of_range_by_name) {
  Options options = good();
  GetParam().set(options);
  const auto checked = check_options(options);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(checked.error().text(), HasSubstr(GetParam().name));
}

INSTANTIATE_TEST_SUITE_P(
    Each, OptionsRefuse,
    ::testing::Values(BadOption{"transaction_bytes_max", [](Options& o) { o.transaction_bytes_max = (1ull << 30) + 1; }},
                      BadOption{"frame_bytes_max", [](Options& o) { o.frame_bytes_max = 4095; }},
                      BadOption{"frame_bytes_max", [](Options& o) { o.frame_bytes_max = (16u << 20) + 1; }},
                      BadOption{"segment_bytes_max", [](Options& o) { o.segment_bytes_max = 65535; }},
                      BadOption{"segment_transactions_max", [](Options& o) { o.segment_transactions_max = 0; }},
                      BadOption{"queue_bytes_max", [](Options& o) { o.queue_bytes_max = 0; }},
                      BadOption{"images_kept", [](Options& o) { o.images_kept = 0; }},
                      BadOption{"images_kept", [](Options& o) { o.images_kept = 101; }},
                      BadOption{"image_chunk_bytes", [](Options& o) { o.image_chunk_bytes = 1; }},
                      BadOption{"image_threads", [](Options& o) { o.image_threads = 257; }},
                      BadOption{"segment_age_max", [](Options& o) { o.segment_age_max = std::chrono::milliseconds(-1); }},
                      BadOption{"quorum_patience", [](Options& o) { o.quorum_patience = std::chrono::milliseconds(99); }},
                      BadOption{"quorum_patience", [](Options& o) { o.quorum_patience = std::chrono::milliseconds(-1); }},
                      BadOption{"tls", [](Options& o) { o.tls.certificate = "/etc/varve/rm.pem"; }},
                      BadOption{"mark_delay", [](Options& o) { o.mark_delay = std::chrono::milliseconds(-1); }},
                      BadOption{"checkpoint_interval", [](Options& o) { o.checkpoint_interval = std::chrono::milliseconds(-1); }}));

}  // namespace
}  // namespace varve
