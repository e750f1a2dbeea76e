#include "pauca/nmf/anchors.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "pauca/core/errors.hpp"
#include "pauca/core/symmetric_eigen.hpp"
#include "pauca/core/thin_qr.hpp"
#include "pauca/nmf/simplex_qp.hpp"

namespace pauca::nmf {
namespace {

/// Words with at least a fifth of the median count of words that occur: rare ones are too noisy to be anchors.
std::vector<Index> frequent_words(const Vector& totals, Index k) {
  std::vector<double> seen;
  for (double t : totals) {
    if (t > 0.0) seen.push_back(t);
  }
  if (static_cast<Index>(seen.size()) < k) return {};
  std::nth_element(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 2), seen.end());
  for (double share : {0.2, 0.0}) {
    const double floor = share * seen[seen.size() / 2];
    std::vector<Index> found;
    for (Index c = 0; c < totals.size(); ++c) {
      if (totals[c] > 0.0 && totals[c] >= floor) found.push_back(c);
    }
    if (static_cast<Index>(found.size()) >= k) return found;
  }
  return {};
}

/// Leading k right singular vectors (n_documents x k) of M[c, d] = C[d, c] w_c, by the Gram of the smaller side where
/// that is small, else by subspace iteration. w_c = 1/sqrt(count) for candidates and 0 for other words.
Matrix leading_subspace(const CountTable& counts, const Vector& w, Index k, Rng& rng, Monitor& monitor) {
  const Index docs = counts.n_documents, words = counts.n_words;
  if (docs <= 150) {
    Matrix dense = Matrix::Zero(docs, words);
    for (Index d = 0; d < docs; ++d) {
      for (auto e = counts.starts[d]; e < counts.starts[d + 1]; ++e) {
        dense(d, counts.words[e]) = counts.values[e] * w[counts.words[e]];
      }
    }
    Matrix gram = Matrix::Zero(docs, docs);
    gram.selfadjointView<Eigen::Lower>().rankUpdate(dense);
    const SymmetricEigen eigen(gram);
    return eigen.vectors().rightCols(k).rowwise().reverse();
  }
  const Index width = std::min(k + 10, std::min(docs, words));
  Matrix basis(width, docs), image(width, words);
  for (Index i = 0; i < basis.size(); ++i) basis.data()[i] = rng.normal();
  for (int power = 0; power < 4; ++power) {
    times_words(counts, basis, nullptr, image);
    image.array().rowwise() *= w.array().square().transpose();
    times_documents(counts, image, nullptr, basis);
    basis = orthonormal_basis(basis.transpose()).transpose();
    if (!monitor.keep_going()) break;
  }
  // Rayleigh-Ritz.
  times_words(counts, basis, nullptr, image);
  image.array().rowwise() *= w.array().transpose();
  const SymmetricEigen eigen(image * image.transpose());
  return basis.transpose() * eigen.vectors().rightCols(k).rowwise().reverse();
}

/// A from p(topic | word) (K x n_words) and word totals, by Bayes' rule; also p(topic).
Vector bayes(const Vector& totals, const Matrix& membership, Matrix& words) {
  words = membership.array().rowwise() * (totals / totals.sum()).transpose().array();
  const Vector topic = words.rowwise().sum();
  normalise_rows(words);
  return topic;
}

AnchorStart from_documents(const CountTable& counts, Index k, bool affine, Rng& rng, Monitor& monitor) {
  const Vector totals = word_totals(counts), lengths = document_totals(counts);
  const auto candidates = frequent_words(totals, k);
  require(!candidates.empty() && counts.n_documents >= k,
          "init: anchors need at least n_components documents and as many words that occur");
  Vector w = Vector::Zero(counts.n_words);
  for (Index c : candidates) w[c] = 1.0 / std::sqrt(totals[c]);
  const Matrix basis = leading_subspace(counts, w, k, rng, monitor);

  Matrix coordinates(k, counts.n_words);
  times_words(counts, basis.transpose(), nullptr, coordinates);
  Matrix points(k, static_cast<Index>(candidates.size()));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    points.col(static_cast<Index>(i)) = coordinates.col(candidates[i]) / totals[candidates[i]];
  }
  AnchorStart out;
  for (Index i : greedy_vertices(points, k, affine)) out.anchors.push_back(candidates[static_cast<std::size_t>(i)]);

  Matrix vertices(counts.n_documents, k);  // p(document | topic), clipped to the simplex
  for (Index j = 0; j < k; ++j) {
    const Index c = out.anchors[static_cast<std::size_t>(j)];
    vertices.col(j) = (basis * (coordinates.col(c) / totals[c])).cwiseMax(0.0);
  }
  normalise_columns(vertices);

  Matrix cross(k, counts.n_words);
  times_words(counts, vertices.transpose(), nullptr, cross);
  for (Index c = 0; c < counts.n_words; ++c) {
    if (totals[c] > 0.0) cross.col(c) /= totals[c];
  }
  Matrix membership = Matrix::Zero(k, counts.n_words);
  simplex_least_squares(vertices.transpose() * vertices, cross, membership);
  const Vector topic = bayes(totals, membership, out.factors.words);
  // T[y, d] = p(d|y) p(y) / q(d), columns normalised; documents are drawn with q(d) = n_d / n.
  out.factors.topics = vertices.transpose().array().colwise() * topic.array();
  normalise_columns(out.factors.topics);
  return out;
}

AnchorStart from_cooccurrence(const CountTable& counts, Index k, Monitor& monitor) {
  const Vector totals = word_totals(counts), lengths = document_totals(counts);
  const auto candidates = frequent_words(totals, k);
  require(!candidates.empty(), "init: anchor words need at least n_components words that occur");
  const Index m = counts.n_words;
  Matrix e = Matrix::Zero(m, m);
  Index used = 0;
  for (Index d = 0; d < counts.n_documents; ++d) {
    if (!(lengths[d] > 1.0)) continue;
    ++used;
    const double s = 1.0 / (lengths[d] * (lengths[d] - 1.0));
    for (auto a = counts.starts[d]; a < counts.starts[d + 1]; ++a) {
      const double v = s * counts.values[a];
      auto column = e.col(counts.words[a]);
      for (auto b = counts.starts[d]; b < counts.starts[d + 1]; ++b) column[counts.words[b]] += v * counts.values[b];
      column[counts.words[a]] -= v;
    }
    if (!monitor.keep_going()) break;
  }
  require(used > 0, "init: anchor words need documents of at least two words");
  const Vector marginal = (e.colwise().sum().transpose() / static_cast<double>(used)).cwiseMax(0.0);
  for (Index c = 0; c < m; ++c) {
    const double sum = e.col(c).sum();
    if (sum > 0.0) e.col(c) /= sum;
  }
  Matrix points(m, static_cast<Index>(candidates.size()));
  for (std::size_t i = 0; i < candidates.size(); ++i) points.col(static_cast<Index>(i)) = e.col(candidates[i]);
  AnchorStart out;
  for (Index i : greedy_vertices(points, k, true)) out.anchors.push_back(candidates[static_cast<std::size_t>(i)]);

  // RecoverL2: every row of E is a convex combination of the anchors' rows, with weights p(topic | word).
  Matrix vertices(m, k);
  for (Index j = 0; j < k; ++j) vertices.col(j) = e.col(out.anchors[static_cast<std::size_t>(j)]);
  Matrix membership = Matrix::Zero(k, m);
  simplex_least_squares(vertices.transpose() * vertices, vertices.transpose() * e, membership);
  bayes(marginal.sum() > 0.0 ? marginal : totals, membership, out.factors.words);

  // T by simplex least squares of the documents' word shares on A.
  const Vector inverse = (lengths.array() > 0.0).select(lengths.array().inverse(), 0.0);
  Matrix cross(k, counts.n_documents);
  times_documents(counts, out.factors.words, inverse.data(), cross);
  out.factors.topics = Matrix::Zero(k, counts.n_documents);
  simplex_least_squares(out.factors.words * out.factors.words.transpose(), cross, out.factors.topics);
  return out;
}

}  // namespace

std::vector<Index> greedy_vertices(Matrix points, Index k, bool affine) {
  std::vector<Index> chosen;
  Vector norms = points.colwise().squaredNorm();
  Vector direction(points.rows());
  for (Index round = 0; round < k; ++round) {
    Index best = 0;
    norms.maxCoeff(&best);
    if (std::find(chosen.begin(), chosen.end(), best) != chosen.end()) {  // no dimension left: any other point
      for (best = 0; std::find(chosen.begin(), chosen.end(), best) != chosen.end();) ++best;
    }
    chosen.push_back(best);
    if (affine && round == 0) {
      direction = points.col(best);
      points.colwise() -= direction;
    } else {
      direction = points.col(best);
      const double length = direction.norm();
      if (length > 0.0) {
        direction /= length;
        points.noalias() -= direction * (direction.transpose() * points).eval();
      }
    }
    norms = points.colwise().squaredNorm();
    for (Index c : chosen) norms[c] = -1.0;
  }
  return chosen;
}

AnchorStart make_start(const CountTable& counts, Index k, Start kind, Rng& rng, Monitor& monitor) {
  switch (kind) {
    case Start::spa:
      return from_documents(counts, k, false, rng, monitor);
    case Start::fast_anchor:
      return from_documents(counts, k, true, rng, monitor);
    case Start::anchor_words:
      return from_cooccurrence(counts, k, monitor);
    case Start::random:
      break;
  }
  AnchorStart out;
  out.factors.words.resize(k, counts.n_words);
  out.factors.topics.resize(k, counts.n_documents);
  for (Matrix* f : {&out.factors.words, &out.factors.topics}) {
    for (Index i = 0; i < f->size(); ++i) f->data()[i] = 0.1 + rng.uniform();
  }
  normalise_rows(out.factors.words);
  normalise_columns(out.factors.topics);
  return out;
}

}  // namespace pauca::nmf
