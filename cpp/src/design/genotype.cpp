#include "pauca/design/genotype.hpp"

#include <algorithm>

#include "pauca/design/panels.hpp"

namespace pauca {

/// use(get), where get(i) is entry start + i of column j: one way for each kind of column, so that the plain ones are
/// vectorised.
template <class Use>
auto GenotypeDesign::with_column(Index j, Index start, const Use& use) const {
  const std::int8_t* x = codes_.data + j * codes_.stride;
  const auto missing = static_cast<std::int8_t>(codes_.missing);
  const double mean = codes_.mean[j];
  if (codes_.row_index) {
    const Index* row = codes_.row_index + start;
    if (codes_.n_missing[j] == 0) return use([x, row](Index i) { return static_cast<double>(x[row[i]]); });
    return use([=](Index i) {
      const std::int8_t c = x[row[i]];
      return c == missing ? mean : static_cast<double>(c);
    });
  }
  x += start;
  if (codes_.n_missing[j] == 0) return use([x](Index i) { return static_cast<double>(x[i]); });
  return use([=](Index i) { return x[i] == missing ? mean : static_cast<double>(x[i]); });
}

double GenotypeDesign::observed_mean(const std::int8_t* column, Index rows, int missing, Index& n_missing) {
  std::int64_t sum = 0, absent = 0;
  for (Index start = 0; start < rows; start += 65536) {  // 32 bits hold the sums of a piece
    const Index len = std::min<Index>(65536, rows - start);
    std::int32_t s = 0, a = 0;
    for (Index i = 0; i < len; ++i) {
      const int c = column[start + i];
      const bool gone = c == missing;
      s += gone ? 0 : c;
      a += gone ? 1 : 0;
    }
    sum += s;
    absent += a;
  }
  n_missing = absent;
  return rows > absent ? static_cast<double>(sum) / static_cast<double>(rows - absent) : 0.0;
}

void GenotypeDesign::decode(Index j, Index start, Index len, double* to) const {
  with_column(j, start, [=](const auto& get) {
    for (Index i = 0; i < len; ++i) to[i] = get(i);
  });
}

double GenotypeDesign::raw_dot(Index j, const double* u) const {
  return with_column(j, 0, [&](const auto& get) { return column_dot(get, u, rows()); });
}

void GenotypeDesign::raw_axpy(Index j, double a, double* eta) const {
  with_column(j, 0, [&](const auto& get) {
    for (Index i = 0; i < rows(); ++i) eta[i] += a * get(i);
  });
}

void GenotypeDesign::raw_weighted_axpy(Index j, double a, const double* h, double* eta) const {
  with_column(j, 0, [&](const auto& get) {
    for (Index i = 0; i < rows(); ++i) eta[i] += a * h[i] * get(i);
  });
}

double GenotypeDesign::raw_weighted_square(Index j, const double* h) const {
  return with_column(j, 0, [&](const auto& get) { return column_square(get, h, rows()); });
}

void GenotypeDesign::raw_moments(Index j, const double* s, double& mean, double& variance) const {
  with_column(j, 0, [&](const auto& get) { two_pass_moments(get, s, rows(), mean, variance); });
}

void GenotypeDesign::raw_transpose_multiply(const double* u, double* out, Monitor& monitor) const {
  constexpr Index block = 2048;  // rows of u that stay in the first-level cache
  for (Index j = 0; j < cols(); ++j) out[j] = 0.0;
  for (Index start = 0; start < rows(); start += block) {
    const Index len = std::min(block, rows() - start);
    for (Index j = 0; j < cols(); ++j) {
      if (j % 256 == 0 && !monitor.keep_going()) return;
      out[j] += with_column(j, start, [&](const auto& get) { return column_dot(get, u + start, len); });
    }
  }
}

void GenotypeDesign::raw_transpose_multiply(const Matrix& u, Matrix& out, Monitor& monitor) const {
  if (u.cols() == 1) {
    raw_transpose_multiply(u.data(), out.data(), monitor);
    return;
  }
  constexpr Index block = 2048;
  Matrix part(std::min(block, rows()), std::min(column_panel, cols()));
  out.setZero();
  for (Index j = 0; j < cols(); j += column_panel) {
    const Index count = std::min(column_panel, cols() - j);
    for (Index start = 0; start < rows(); start += block) {
      if (!monitor.keep_going()) return;
      const Index len = std::min(block, rows() - start);
      for (Index k = 0; k < count; ++k) decode(j + k, start, len, part.col(k).data());
      out.middleRows(j, count).noalias() += part.topLeftCorner(len, count).transpose() * u.middleRows(start, len);
    }
  }
}

void GenotypeDesign::raw_weighted_gram(const double* h, const std::vector<Index>& a, const std::vector<Index>& b,
                                       double* out, Index ld, Monitor& monitor) const {
  panel_gram(rows(), h, a, b, out, ld, monitor,
             [this](Index j, Index start, Index len, double* to) { decode(j, start, len, to); });
}

}  // namespace pauca
