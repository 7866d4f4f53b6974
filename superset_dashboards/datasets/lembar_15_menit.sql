-- Lembar 15 menit: a row a line, direction and quarter of an hour, classes side by side, as traffic engineers fill it in.
SELECT
    $camera_of(m),
    m.camera_id AS camera_id,
    m.line_id AS line_id,
    $arah(m.direction) AS direction,
    $wib(m.ts) AS waktu,
    m.motorcycle AS sepeda_motor,
    m.car AS mobil,
    m.bus AS bus,
    m.truck AS truk,
    m.bicycle AS sepeda,
    m.coverage AS coverage,
    $sebab(m.reason) AS reason
FROM flow_sheet_quarter AS m
WHERE $asked(m.ts)
