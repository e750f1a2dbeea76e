#include <cmath>

#include "pauca/screening/screener.hpp"
#include "testing.hpp"

using namespace pauca;
using namespace pauca::screening;
using pauca::testing::check_close;
using pauca::testing::random_matrix;

namespace {

BlockScores run(const Options& o, const Matrix& x, const Vector& y, int threads = 1, Index permutations = 0) {
  Monitor monitor;
  const Screener screener(y, Kind::continuous, o);
  return screener.score(Block<double>{x.data(), x.rows(), x.cols(), 1, x.rows(), 0}, nullptr, permutations, threads,
                        monitor);
}

const Method methods[] = {Method::kde, Method::binning, Method::nearest, Method::correlation, Method::distance};

}  // namespace

BOOST_AUTO_TEST_SUITE(test_screening)

BOOST_AUTO_TEST_CASE(normal_scores_are_quantiles) {
  Vector v = random_matrix(41, 1, 1);
  v[7] = v[3];
  std::vector<int> order;
  const NormalScores scores(41);
  Vector z = v;
  scores.apply(z.data(), 41, order);
  for (Index i = 0; i < 41; ++i) {
    const double rank = 0.5 + (v.array() < v[i]).count() + 0.5 * (v.array() == v[i]).count();
    BOOST_CHECK_SMALL(0.5 * std::erfc(-z[i] / std::sqrt(2.0)) - rank / 42.0, 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(robust_scale_is_that_of_sorted_values) {
  for (Index n : {2, 5, 64, 500}) {
    for (bool outlier : {false, true}) {
      Vector v = random_matrix(n, 1, static_cast<std::uint64_t>(n));
      if (outlier) v[0] = 1e9;
      std::vector<double> work, sorted(v.data(), v.data() + n);
      std::sort(sorted.begin(), sorted.end());
      double center = 0.0;
      const double scale = robust_scale(v.data(), n, 1e30, center, work);
      const double low = sorted[(n - 1) / 4], high = sorted[n - 1 - (n - 1) / 4], iqr = (high - low) / 1.349;
      BOOST_CHECK_EQUAL(center, 0.5 * (low + high));
      BOOST_CHECK_EQUAL(scale, iqr > 0.0 ? iqr : 1e30);
    }
  }
}

BOOST_AUTO_TEST_CASE(encoding) {
  const Vector v = (Vector(6) << 3, 1, 3, 2, 1, 1).finished();
  std::vector<int> codes;
  BOOST_CHECK_EQUAL(encode(v.data(), 6, 3, codes), 3);
  BOOST_CHECK((codes == std::vector<int>{2, 0, 2, 1, 0, 0}));
  BOOST_CHECK_EQUAL(encode(v.data(), 6, 2, codes), 0);
  BOOST_CHECK_EQUAL(encode(v.data(), 6, 0, codes), 3);
}

BOOST_AUTO_TEST_CASE(scores_do_not_depend_on_threads_blocks_or_layout) {
  const Matrix x = random_matrix(60, 37, 2), rows = x.transpose();
  const Vector y = x.col(0) + random_matrix(60, 1, 3);
  for (Method method : methods) {
    Options o;
    o.method = method;
    const BlockScores one = run(o, x, y, 1, 3), four = run(o, x, y, 4, 3);
    BOOST_CHECK(one.score == four.score);
    BOOST_CHECK(one.null == four.null);
    Monitor monitor;
    const Screener screener(y, Kind::continuous, o);
    const auto part = screener.score(Block<double>{rows.data() + 20, 60, 17, 37, 1, 20}, nullptr, 3, 1, monitor);
    BOOST_CHECK(part.score == one.score.tail(17));
    BOOST_CHECK(part.null == one.null.rightCols(17));
  }
}

BOOST_AUTO_TEST_CASE(missing_values_are_deleted_pairwise) {
  Matrix x = random_matrix(50, 1, 4);
  const Vector y = x.col(0) + random_matrix(50, 1, 5);
  Matrix holes(60, 1);
  Vector longer(60);
  holes << x, Matrix::Constant(10, 1, std::nan(""));
  longer << y, random_matrix(10, 1, 6);
  for (Method method : methods) {
    Options o;
    o.method = method;
    const BlockScores a = run(o, x, y), b = run(o, holes, longer);
    BOOST_CHECK_EQUAL(b.observed[0], 50);
    BOOST_CHECK_EQUAL(a.score[0], b.score[0]);
  }
}

BOOST_AUTO_TEST_CASE(a_stop_leaves_the_rest_unscored) {
  struct Stopping : Monitor {
    bool poll(const Progress&) override { return false; }
  } monitor;
  const Matrix x = random_matrix(2000, 300, 7);
  Options o;
  o.method = Method::nearest;
  const Screener screener(x.col(0), Kind::continuous, o);
  const auto s = screener.score(Block<double>{x.data(), 2000, 300, 1, 2000, 0}, nullptr, 0, 2, monitor);
  BOOST_CHECK(s.score.hasNaN());
}

BOOST_AUTO_TEST_CASE(misuse) {
  const Matrix x = random_matrix(10, 2, 8);
  Options o;
  o.grid = 3;
  BOOST_CHECK_THROW(Screener(x.col(0), Kind::continuous, o), std::invalid_argument);
  BOOST_CHECK_THROW(Screener(Vector::Constant(3, std::nan("")), Kind::continuous, {}), std::invalid_argument);
  BOOST_CHECK_THROW(run({}, random_matrix(9, 2, 9), x.col(0)), std::invalid_argument);
  Matrix infinite = x;
  infinite(4, 1) = std::numeric_limits<double>::infinity();
  BOOST_CHECK_THROW(run({}, infinite, x.col(0)), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
