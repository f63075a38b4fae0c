# What people read, in English. Every text here has its twin in ja.ftl; a test compares the two.

## Errors
error-interrupted = Stopped.

## Profile
profile-title = プロファイル: { $rows } 行 × { $columns } 列
profile-column = 列
profile-kind = 型
profile-missing = 欠損
profile-missing-percent = 欠損率 (%)
profile-distinct = 異なり数
profile-min = 最小
profile-q1 = 第1四分位
profile-median = 中央値
profile-q3 = 第3四分位
profile-max = 最大
profile-mean = 平均
profile-sd = 標準偏差
profile-top = 最頻値
profile-top-percent = 最頻値の割合 (%)
profile-nested = 入れ子の値は互いに比較しません。
profile-note-distinct = 異なり数は推定値です（標準誤差は最大 { $error }%）: { $names }
profile-note-sample = 四分位数、ヒストグラム、最頻値は { $rows } 行の標本から求めています（割合の誤差は ±{ $error } ポイント以内、95%）: { $names }
profile-note-nan = NaN は集計から除いています: { $names }
profile-note-infinite = 無限大は平均、標準偏差、ヒストグラムから除いています: { $names }
profile-note-empty = 空文字列は欠損ではなく値として数えています: { $names }
profile-note-nested = 入れ子の値は比較できないため、異なり数を数えていません: { $names }
profile-no-column = プロファイルする列がありません。
