// Checks: the class to raise, a message of its parts, and no message where nothing is wrong.
#include "core/error.h"

#include "support.h"

namespace rl {
namespace {

TEST(Check, RaisesItsKindWithItsPartsJoined) {
  expect_error(ErrorKind::Runtime, "add: 2 is not 3", [] { RL_CHECK(false, "add: ", 2, " is not ", 3); });
  expect_error(ErrorKind::Index, "dim", [] { RL_CHECK_INDEX(false, "dim"); });
  expect_error(ErrorKind::Type, "type", [] { RL_CHECK_TYPE(false, "type"); });
  expect_error(ErrorKind::Value, "value", [] { RL_CHECK_VALUE(false, "value"); });
  expect_error(ErrorKind::NotImplemented, "not", [] { RL_CHECK_IMPLEMENTED(false, "not"); });
}

TEST(Check, LooksAtItsConditionOnceAndAtItsPartsOnlyOnFailure) {
  int conditions = 0, parts = 0;
  const auto condition = [&](bool holds) { return ++conditions, holds; };
  const auto part = [&] { return ++parts; };
  RL_CHECK(condition(true), part());
  EXPECT_EQ(conditions, 1);
  EXPECT_EQ(parts, 0);
  EXPECT_THROW(RL_CHECK(condition(false), part()), Error);
  EXPECT_EQ(conditions, 2);
  EXPECT_EQ(parts, 1);
}

TEST(Check, AnAssertionSaysInternalErrorAndWhere) {
  const std::string text = message(ErrorKind::Internal, [] { RL_ASSERT(1 + 1 == 3); });
  EXPECT_PRED_FORMAT2(::testing::IsSubstring, "internal error: 1 + 1 == 3", text);
  EXPECT_PRED_FORMAT2(::testing::IsSubstring, "error_test.cpp:", text);
}

TEST(Check, OutOfMemoryIsAnErrorOfItsOwn) {
  try {
    throw OutOfMemory("no more");
  } catch (const Error& e) {
    EXPECT_EQ(int(e.kind()), int(ErrorKind::OutOfMemory));
    EXPECT_STREQ(e.what(), "no more");
  }
}

}  // namespace
}  // namespace rl
